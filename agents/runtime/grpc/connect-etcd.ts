import type { EtcdClient } from '../../wire/etcd/client.ts'
import { createEtcdClient } from '../../wire/etcd/create-etcd-client.ts'
import { connectGrpc, type GrpcClientOptions } from './grpc-client.ts'

/** A client of the store, whichever engine answers there. Connects when first used. */
export function connectEtcd(options: GrpcClientOptions): EtcdClient {
  return createEtcdClient(connectGrpc(options))
}
