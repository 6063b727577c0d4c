// What clients talk to. They show a JSON Web Token, which says who they are and what they may do.
local common = import 'common.libsonnet';
local onlyCi = { jmespathExpression: { expression: "authenticationMetadata.public.role == 'ci'" } };

{
  grpcServers: [{
    listenAddresses: [':8980'],
    tls: {
      serverKeyPair: {
        files: {
          certificatePath: '/tls/public/tls.crt',
          privateKeyPath: '/tls/public/tls.key',
          refreshInterval: '3600s',
        },
      },
    },
    authenticationPolicy: {
      jwt: {
        jwksFile: '/jwks/jwks.json',
        maximumCacheSize: 1000,
        cacheReplacementPolicy: 'LEAST_RECENTLY_USED',
        // A token without an end is refused.
        claimsValidationJmespathExpression: {
          expression: "payload.aud == 'pedigree-remote' && payload.exp != null && contains(['ci', 'reader'], payload.role)",
        },
        metadataExtractionJmespathExpression: {
          expression: '{"public": {"role": payload.role, "subject": payload.sub}}',
        },
      },
    },
  }],
  schedulers: {
    '': {
      endpoint: common.schedulerForClients {
        addMetadataJmespathExpression: {
          expression: '{"build.bazel.remote.execution.v2.requestmetadata-bin": incomingGRPCMetadata."build.bazel.remote.execution.v2.requestmetadata-bin"}',
        },
      },
    },
  },
  maximumMessageSizeBytes: common.maximumMessageSizeBytes,
  global: common.global,
  contentAddressableStorage: {
    backend: common.storage,
    getAuthorizer: { allow: {} },
    putAuthorizer: onlyCi,
    findMissingAuthorizer: { allow: {} },
  },
  actionCache: {
    backend: common.actionCache,
    getAuthorizer: { allow: {} },
    putAuthorizer: onlyCi,
  },
  // An action can write the tool cache of its worker, so who may run one is who may write.
  executeAuthorizer: onlyCi,
}
