local worker = import 'worker.libsonnet';
worker({ OSFamily: 'linux', pool: 'cpu' }, 4)
