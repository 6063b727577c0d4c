// One action at a time: a GPU is not shared between two trainings.
local worker = import 'worker.libsonnet';
worker({ OSFamily: 'linux', gpu: 'nvidia', pool: 'gpu' }, 1)
