local common = import 'common.libsonnet';

{
  clientGrpcServers: [common.server(8982, ['frontend'])],
  workerGrpcServers: [common.server(8983, ['worker'])],
  contentAddressableStorage: common.storage,
  maximumMessageSizeBytes: common.maximumMessageSizeBytes,
  global: common.global,
  executeAuthorizer: common.calledBy(['frontend']),
  synchronizeAuthorizer: common.calledBy(['worker']),
  modifyDrainsAuthorizer: { deny: {} },
  killOperationsAuthorizer: { deny: {} },
  actionRouter: {
    simple: {
      // Takes the platform from the action, and from the command where the action names none.
      platformKeyExtractor: { actionAndCommand: {} },
      invocationKeyExtractors: [{ toolInvocationId: {} }],
      // Pants names no timeout for a step; training takes hours.
      initialSizeClassAnalyzer: { defaultExecutionTimeout: '86400s', maximumExecutionTimeout: '172800s' },
    },
  },
  // While Kueue has admitted no worker of a pool, its actions wait this long.
  platformQueueWithNoWorkersTimeout: '3600s',
}
