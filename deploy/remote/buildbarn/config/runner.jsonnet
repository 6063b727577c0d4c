{
  buildDirectoryPath: '/worker/build',
  grpcServers: [{
    listenPaths: ['/run/runner/runner.sock'],
    authenticationPolicy: { allow: {} },
    stopGracefully: true,
  }],
  setTmpdirEnvironmentVariable: true,
  cleanProcessTable: true,
  readinessCheckingPathnames: ['/usr/bin/python3.11', '/var/cache/pedigree'],
}
