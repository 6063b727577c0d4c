// Holds the blobs (CAS) and the results of actions (AC). Only a worker writes a result: what it ran is what the key names.
// The frontend writes one for a client that its own rule lets through.
local common = import 'common.libsonnet';
local GiB = 1024 * 1024 * 1024;
local onDisk(path, mapBytes, blocksBytes) = {
  'local': {
    keyLocationMapOnBlockDevice: { file: { path: path + '/key_location_map', sizeBytes: mapBytes } },
    keyLocationMapMaximumGetAttempts: 16,
    keyLocationMapMaximumPutAttempts: 64,
    oldBlocks: 8,
    currentBlocks: 24,
    newBlocks: 3,
    blocksOnBlockDevice: {
      source: { file: { path: path + '/blocks', sizeBytes: blocksBytes } },
      spareBlocks: 3,
    },
    persistent: { stateDirectoryPath: path + '/persistent_state', minimumEpochInterval: '300s' },
  },
};

{
  grpcServers: [common.server(8981, ['frontend', 'scheduler', 'worker'])],
  maximumMessageSizeBytes: common.maximumMessageSizeBytes,
  global: common.global,
  contentAddressableStorage: {
    // The largest blob fits into one of the 38 blocks of 5 GiB. Half of the blocks hold the CUDA environment many times over.
    backend: onDisk('/storage-cas', 2 * GiB, 190 * GiB),
    getAuthorizer: { allow: {} },
    putAuthorizer: common.calledBy(['frontend', 'worker']),
    findMissingAuthorizer: { allow: {} },
  },
  actionCache: {
    backend: onDisk('/storage-ac', 64 * 1024 * 1024, 4 * GiB),
    getAuthorizer: { allow: {} },
    putAuthorizer: common.calledBy(['frontend', 'worker']),
  },
}
