// What all parts share. Every connection between them is TLS with a certificate on both sides: an action runs in the pod of
// a worker, can open a connection to these ports, and must get nowhere without a certificate that it cannot read.
local ca = importstr '/tls/internal/ca.crt';
local keyPair = {
  files: {
    certificatePath: '/tls/internal/tls.crt',
    privateKeyPath: '/tls/internal/tls.key',
    refreshInterval: '3600s',
  },
};

{
  local internal(address) = {
    address: address,
    tls: { serverCertificateAuthorities: ca, clientKeyPair: keyPair },
  },

  // What a client of the parts needs to say.
  storage: { grpc: { client: internal('storage.pedigree-remote.svc:8981') } },
  schedulerForClients: internal('scheduler.pedigree-remote.svc:8982'),
  schedulerForWorkers: internal('scheduler.pedigree-remote.svc:8983'),

  // A server between the parts: its caller has a certificate of our authority, and is known by the DNS name in it.
  server(port, callers):: {
    listenAddresses: [':%d' % port],
    tls: { serverKeyPair: keyPair },
    authenticationPolicy: {
      tlsClientCertificate: {
        clientCertificateAuthorities: ca,
        validationJmespathExpression: {
          expression: std.join(' || ', ["contains(dnsNames, '%s')" % caller for caller in callers]),
        },
        metadataExtractionJmespathExpression: { expression: '{"public": {"names": dnsNames}}' },
      },
    },
  },

  // The parts by the DNS names in their certificates.
  calledBy(callers):: {
    jmespathExpression: {
      expression: std.join(' || ', ["contains(authenticationMetadata.public.names, '%s')" % caller for caller in callers]),
    },
  },

  actionCache: { completenessChecking: { backend: $.storage, maximumTotalTreeSizeBytes: 64 * 1024 * 1024 } },
  maximumMessageSizeBytes: 16 * 1024 * 1024,
  global: {
    diagnosticsHttpServer: {
      httpServers: [{ listenAddresses: [':9980'], authenticationPolicy: { allow: {} } }],
      enablePrometheus: true,
    },
  },
}
