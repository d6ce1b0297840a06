/** Paths that list what there is: versions, groups, resources, the server's version, the keys of its tokens. */
import { type Operation, type PathOperations, capital, groupWord, objectTypes, rootPath, versionTag, versionWord } from './operations.ts'
import { type GroupVersion, versionDefinition } from './schemas.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

/** The resources of one group version. */
export function resourceListPath(served: GroupVersion): PathOperations {
  return read(`${rootPath(served)}/`, `get${versionWord(served)}APIResources`, 'get available resources', versionTag(served), `${meta}APIResourceList`)
}

/** The versions of a group: of core, all that /api has. */
export function groupPath(group: string): PathOperations {
  if (group === '') return read('/api/', 'getCoreAPIVersions', 'get available API versions', 'core', `${meta}APIVersions`)
  return read(`/apis/${group}/`, `get${capital(groupWord(group))}APIGroup`, 'get information of a group', groupWord(group), `${meta}APIGroup`)
}

const others: Readonly<Record<string, PathOperations>> = {
  apis: read('/apis/', 'getAPIVersions', 'get available API versions', 'apis', `${meta}APIGroupList`),
  version: read('/version/', 'getCodeVersion', 'get the version information for this server', 'version', versionDefinition, ['application/json']),
  '.well-known/openid-configuration': read('/.well-known/openid-configuration/', 'getServiceAccountIssuerOpenIDConfiguration', 'get service account issuer OpenID configuration, also known as the \'OIDC discovery doc\'', 'WellKnown', 'string', ['application/json']),
  'openid/v1/jwks': read('/openid/v1/jwks/', 'getServiceAccountIssuerOpenIDKeyset', 'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)', 'openid', 'string', ['application/jwk-set+json']),
}

export const otherDocuments: readonly string[] = Object.keys(others)

export function otherPath(document: string): PathOperations | undefined {
  return Object.hasOwn(others, document) ? others[document] : undefined
}

function read(path: string, id: string, description: string, tag: string, type: string, produces = objectTypes): PathOperations {
  const operation: Operation = { method: 'get', description, id, tag, parameters: [], answers: [{ status: 200, type }], produces }
  return { path, shared: [], operations: [operation] }
}
