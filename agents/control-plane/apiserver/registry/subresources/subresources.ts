/** Every subresource with an answer of its own, listed explicitly; status is answered for all alike. */
import { serveBinding } from './pod-binding.ts'
import { serveEviction } from './pod-eviction.ts'
import { serveScale } from './scale.ts'
import { serveToken } from './service-account-token.ts'
import type { SubresourceHandler } from './subresource.ts'
import { serveApproval, serveEphemeralContainers, serveFinalize, serveResize } from './whole-object.ts'

export const subresourceHandlers: Readonly<Record<string, SubresourceHandler>> = {
  '/pods/binding': serveBinding,
  '/pods/eviction': serveEviction,
  '/pods/ephemeralcontainers': serveEphemeralContainers,
  '/pods/resize': serveResize,
  '/replicationcontrollers/scale': serveScale,
  '/serviceaccounts/token': serveToken,
  '/namespaces/finalize': serveFinalize,
  'apps/deployments/scale': serveScale,
  'apps/replicasets/scale': serveScale,
  'apps/statefulsets/scale': serveScale,
  'certificates.k8s.io/certificatesigningrequests/approval': serveApproval,
}
