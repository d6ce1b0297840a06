import type { AdmissionChain, ObjectReader } from '../../admission/admission.ts'
import type { ServiceAccountTokens } from '../../access/service-account-tokens.ts'
import type { Authorizer } from '../../access/authorizer.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { ResourceTable } from '../resource-table.ts'
import type { RestDeps } from '../rest-handler.ts'
import type { ServedResource } from '../served-resource.ts'

export interface SubresourceDeps extends RestDeps {
  readonly table: ResourceTable
  readonly reader: ObjectReader
  readonly admission: AdmissionChain
  readonly authorizer: Authorizer
  readonly tokens: ServiceAccountTokens | undefined
}

/** Answers one subresource of one resource, whatever the verb. */
export type SubresourceHandler = (exchange: Exchange, resource: ServedResource, deps: SubresourceDeps) => Promise<void>
