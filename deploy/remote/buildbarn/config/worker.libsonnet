// A worker: fetches inputs, has the runner beside it run the action, stores outputs. It holds the certificate; the runner,
// which is the container that actions see, holds nothing.
local common = import 'common.libsonnet';

function(properties, concurrency) {
  blobstore: { contentAddressableStorage: common.storage, actionCache: common.storage },
  maximumMessageSizeBytes: common.maximumMessageSizeBytes,
  scheduler: common.schedulerForWorkers,
  // The runner is another user, and writes into directories that the worker makes.
  global: common.global { setUmask: { umask: 0 } },
  buildDirectories: [{
    native: {
      buildDirectoryPath: '/worker/build',
      cacheDirectoryPath: '/worker/cache',
      maximumCacheFileCount: 100000,
      maximumCacheSizeBytes: 20 * 1024 * 1024 * 1024,
      cacheReplacementPolicy: 'LEAST_RECENTLY_USED',
    },
    runners: [{
      endpoint: { address: 'unix:///run/runner/runner.sock' },
      concurrency: concurrency,
      platform: { properties: [{ name: name, value: properties[name] } for name in std.objectFields(properties)] },
      workerId: { pod: std.extVar('POD_NAME'), node: std.extVar('NODE_NAME') },
    }],
  }],
  inputDownloadConcurrency: 10,
  outputUploadConcurrency: 11,
  directoryCache: { maximumCount: 10000, maximumSizeBytes: 64 * 1024 * 1024, cacheReplacementPolicy: 'LEAST_RECENTLY_USED' },
  // Pants 2.17 names its outputs in the fields of REAPI 2.0, and wants directories as well as the tree of them.
  supportLegacyOutputFilesAndDirectories: true,
  forceUploadTreesAndDirectories: true,
}
