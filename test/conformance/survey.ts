/**
 * Asks a kube-apiserver the same long series of things, so that two of them can be laid side by side:
 *
 *   node test/conformance/survey.ts ours.txt
 *   TEST_APISERVER=/path/to/kube-apiserver node test/conformance/survey.ts theirs.txt
 *   diff theirs.txt ours.txt
 *
 * Discovery, OpenAPI, and for every kind: what is said to an empty object, the defaults of a minimal one, what is said to each of
 * its fields (survey-fields.ts), its table, who is noted to own its fields after each kind of write, and the answers to its removal.
 * What differs from one run to the next (times, uids, revisions) is replaced by words, and descriptions are left out. survey/ holds
 * what upstream answers.
 */
import { writeFileSync } from 'node:fs'
import { startControlPlane } from '../integration/control-plane.ts'
import { rawApi } from '../integration/raw-api.ts'
import type { RawApi } from '../integration/raw-api.ts'
import { createCertificateRequest } from '../integration/test-pki.ts'
import { minimalObjects } from './minimal-objects.ts'
import type { MinimalObject } from './minimal-objects.ts'
import { fieldTrials, tryFields } from './survey-fields.ts'

const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
const discovery = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }
const name = 'survey'

/** The lines of a survey. */
export async function survey(api: RawApi): Promise<string[]> {
  const lines: string[] = []
  const note = (what: string, answer: unknown) => {
    lines.push(`${what} ${JSON.stringify(stable(answer))}`)
  }
  await api.call('POST', '/api/v1/namespaces', { metadata: { name } })
  await api.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } })
  const resources = await surveyDiscovery(api, note)
  await surveyOpenApi(api, note)
  const objects = minimalObjects(await createCertificateRequest('CN=survey'))
  for (const resource of resources) await surveyKind(api, resource, objects.get(`${resource.groupVersion} ${resource.kind}`), note)
  await surveyFields(api, resources, objects, note)
  await surveyMistakes(api, note)
  return lines
}

type Note = (what: string, answer: unknown) => void

interface Resource {
  readonly groupVersion: string
  readonly resource: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly hasStatus: boolean
}

/* eslint-disable @typescript-eslint/no-explicit-any -- answers of the wire are read freely */
async function surveyDiscovery(api: RawApi, note: Note): Promise<Resource[]> {
  const resources: Resource[] = []
  for (const path of ['/api', '/apis']) {
    const { json } = await api.call('GET', path, undefined, discovery)
    for (const group of json.items) {
      note(`discovery group ${group.metadata.name ?? ''}`, group.versions.map((version: any) => [version.version, version.freshness]))
      for (const version of group.versions) {
        const groupVersion = group.metadata.name === undefined ? version.version : `${group.metadata.name}/${version.version}`
        for (const { subresources = [], ...resource } of version.resources) {
          note(`discovery ${groupVersion} ${resource.resource}`, resource)
          for (const each of subresources) note(`discovery ${groupVersion} ${resource.resource}/${each.subresource}`, each)
          resources.push({ groupVersion, resource: resource.resource, kind: resource.responseKind.kind, namespaced: resource.scope === 'Namespaced', verbs: resource.verbs, hasStatus: subresources.some((each: any) => each.subresource === 'status') })
        }
        const plain = await api.call('GET', `${groupVersion.includes('/') ? '/apis' : '/api'}/${groupVersion}`)
        for (const resource of plain.json.resources) note(`plain discovery ${groupVersion} ${resource.name}`, { ...resource, storageVersionHash: undefined })
      }
    }
  }
  for (const path of ['/api', '/apis', '/apis/apps', '/version', '/', '/healthz', '/livez', '/readyz?verbose', '/openapi/v3']) {
    const { status, headers, text } = await api.call('GET', path)
    note(`path ${path}`, [status, headers['content-type'], path === '/version' ? '' : text.replaceAll(/127\.0\.0\.1:\d+/g, '<server>').replaceAll(/hash=[0-9A-F]+/g, 'hash=<hash>')])
  }
  return resources.sort((a, b) => `${a.groupVersion} ${a.resource}`.localeCompare(`${b.groupVersion} ${b.resource}`))
}

async function surveyOpenApi(api: RawApi, note: Note): Promise<void> {
  const { json } = await api.call('GET', '/openapi/v3')
  const seen = new Set<string>()
  for (const path of Object.keys(json.paths).sort()) {
    const document = (await api.call('GET', `/openapi/v3/${path}`)).json
    for (const [at, item] of Object.entries<any>(document.paths)) {
      const { parameters = [], ...operations } = item
      const named = (list: any[]) => list.map(parameter => `${parameter.in}:${parameter.name}`).sort()
      note(`openapi path ${at}`, [named(parameters), ...Object.entries<any>(operations).sort().map(([verb, operation]) => [verb, operation.operationId, operation['x-kubernetes-action'], operation['x-kubernetes-group-version-kind'], named(operation.parameters ?? []), Object.keys(operation.requestBody?.content ?? {}), Object.entries<any>(operation.responses).map(([code, response]) => [code, Object.keys(response.content ?? {})])])])
    }
    for (const [schema, value] of Object.entries<any>(document.components?.schemas ?? {})) {
      if (seen.has(schema)) continue
      seen.add(schema)
      note(`openapi schema ${schema}`, withoutWords({ ...value, properties: undefined }))
      for (const [field, property] of Object.entries(value.properties ?? {})) note(`openapi schema ${schema} .${field}`, withoutWords(property))
    }
  }
}

function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWords)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([key, each]) => !(key === 'description' && typeof each === 'string')).map(([key, each]) => [key, withoutWords(each)]))
}

async function surveyKind(api: RawApi, resource: Resource, minimal: MinimalObject | undefined, note: Note): Promise<void> {
  const { groupVersion, kind } = resource
  const base = `${groupVersion.includes('/') ? '/apis' : '/api'}/${groupVersion}${resource.namespaced ? `/namespaces/${name}` : ''}/${resource.resource}`
  const about = (what: string) => `${groupVersion} ${kind}: ${what}`
  const ask = async (what: string, ...call: Parameters<RawApi['call']>) => {
    const answer = await api.call(...call)
    note(about(what), [answer.status, answer.json, answer.headers['warning'] ?? ''])
    return answer
  }
  if (resource.verbs.includes('get')) await ask('get what is missing', 'GET', `${base}/missing`)
  if (!resource.verbs.includes('create')) return
  await ask('create nothing', 'POST', base, {})
  await ask('create an empty one', 'POST', `${base}?dryRun=All`, { apiVersion: groupVersion, kind, metadata: { name: 'empty' }, ...(kind === 'Namespace' ? {} : { spec: {} }) })
  await ask('create with unknown fields', 'POST', `${base}?dryRun=All&fieldValidation=Strict`, { apiVersion: groupVersion, kind, metadata: { name: 'Not A Name', labels: { 'a b': '!' } }, strange: 1 })
  if (minimal === undefined) return
  const { name: own = name, object } = minimal
  const whole = { apiVersion: groupVersion, kind, ...object, metadata: { name: own, ...object.metadata } }
  const made = await ask('create', 'POST', `${base}?fieldManager=maker`, whole)
  if (made.status !== 201 || !resource.verbs.includes('get')) return
  await ask('create again', 'POST', base, whole)
  const at = `${base}/${own}`
  await ask('table', 'GET', at, undefined, table)
  await ask('merge patch', 'PATCH', `${at}?fieldManager=merger`, { metadata: { labels: { merged: 'yes' } } }, { 'content-type': 'application/merge-patch+json' })
  await ask('apply', 'PATCH', `${at}?fieldManager=applier`, { apiVersion: groupVersion, kind, metadata: { name: own, labels: { applied: 'yes' } } }, { 'content-type': 'application/apply-patch+yaml' })
  await ask('apply with a conflict', 'PATCH', `${at}?fieldManager=other`, { apiVersion: groupVersion, kind, metadata: { name: own, labels: { applied: 'no' } } }, { 'content-type': 'application/apply-patch+yaml' })
  if (resource.hasStatus) await ask('status patch', 'PATCH', `${at}/status?fieldManager=reporter`, { metadata: { annotations: { reported: 'yes' } }, status: {} }, { 'content-type': 'application/merge-patch+json' })
  await ask('put with another name', 'PUT', at, { ...whole, metadata: { ...whole.metadata, name: 'another' } })
  await ask('put with an old revision', 'PUT', at, { ...whole, metadata: { ...whole.metadata, resourceVersion: '1' } })
  if (kind !== 'Namespace') await ask('list in a table', 'GET', `${base}?fieldSelector=metadata.name%3D${own}`, undefined, table)
  await ask('delete with a wrong uid', 'DELETE', at, { preconditions: { uid: 'x' } })
  await ask('delete', 'DELETE', at)
}

/** What is said to every field of a kind, a line a field: [[value, answer] …]. */
async function surveyFields(api: RawApi, resources: readonly Resource[], objects: ReadonlyMap<string, MinimalObject>, note: Note): Promise<void> {
  for (const { groupVersion, kind, resource, namespaced, verbs } of resources) {
    const minimal = objects.get(`${groupVersion} ${kind}`)
    if (minimal === undefined || !verbs.includes('create')) continue
    const root = `${groupVersion.includes('/') ? '/apis' : '/api'}/${groupVersion}`
    const { schemas } = (await api.call('GET', `/openapi/v3${root}`)).json.components
    const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion]
    const [schema] = Object.entries<any>(schemas).find(([, { 'x-kubernetes-group-version-kind': kinds = [] }]) => kinds.some((each: any) => each.kind === kind && each.group === group && each.version === version))!
    const whole = { apiVersion: groupVersion, kind, ...minimal.object, metadata: { name: minimal.name ?? name, ...minimal.object.metadata } }
    const byField = new Map<string, unknown[]>()
    for (const { trial, answer } of await tryFields(api, `${root}${namespaced ? `/namespaces/${name}` : ''}/${resource}`, whole, fieldTrials(schemas, schema))) {
      const field = trial.path.join('.')
      byField.set(field, [...byField.get(field) ?? [], [trial.value, answer]])
    }
    for (const [field, answers] of byField) note(`${groupVersion} ${kind} field ${field}`, answers)
  }
}

async function surveyMistakes(api: RawApi, note: Note): Promise<void> {
  const maps = `/api/v1/namespaces/${name}/configmaps`
  const cases: readonly (readonly [string, string, unknown?, Record<string, string>?])[] = [
    ['GET', '/api/v1/nothing'], ['GET', '/apis/nothing'], ['GET', '/apis/apps/v2'], ['GET', '/nothing'], ['POST', '/api/v1/pods', {}], ['DELETE', '/api/v1/namespaces'], ['PUT', maps, {}],
    ['GET', `${maps}?labelSelector=a%20b`], ['GET', `${maps}?fieldSelector=data.x%3Dy`], ['GET', `${maps}?limit=x`], ['GET', `${maps}?continue=zzz`], ['GET', `${maps}?resourceVersion=x`],
    ['GET', `${maps}?resourceVersion=99999999`], ['GET', `${maps}?resourceVersionMatch=Exact`], ['GET', `${maps}?resourceVersion=0&resourceVersionMatch=Wrong`], ['GET', `${maps}?sendInitialEvents=true`],
    ['GET', `${maps}?watch=true&sendInitialEvents=true`], ['GET', maps, undefined, { accept: 'text/plain' }], ['GET', maps, undefined, { accept: 'application/json;as=Table;v=v2;g=meta.k8s.io' }],
    ['POST', maps, 'x'], ['POST', maps, ''], ['POST', maps, '[]'], ['POST', maps, 'null'], ['POST', maps, '{"kind":"Pod","apiVersion":"v1"}'], ['POST', maps, '{"kind":"ConfigMap","apiVersion":"v2"}'], ['POST', maps, '{"data":{"a":1}}'],
    ['POST', maps, '{"data":[]}'], ['POST', maps, '{"metadata":{"labels":1}}'], ['POST', maps, '{"metadata":{"name":"a"}', {}], ['POST', maps, '{}', { 'content-type': 'text/plain' }], ['POST', `${maps}?dryRun=Some`, '{}'], ['POST', `${maps}?fieldValidation=Odd`, '{}'],
    ['POST', maps, { metadata: { name: 'a', namespace: 'other' } }], ['POST', '/api/v1/namespaces/missing/configmaps', { metadata: { name: 'a' } }], ['POST', maps, 'a: [', { 'content-type': 'application/yaml' }],
    ['POST', maps, { metadata: { name: 'base' }, data: { a: 'b' } }], ['PATCH', `${maps}/base`, '{}', { 'content-type': 'application/json' }], ['PATCH', `${maps}/base`, '[]', { 'content-type': 'application/merge-patch+json' }],
    ['PATCH', `${maps}/base`, '{"data":1}', { 'content-type': 'application/merge-patch+json' }], ['PATCH', `${maps}/base`, '{"data":1}', { 'content-type': 'application/strategic-merge-patch+json' }], ['PATCH', `${maps}/base`, '{"data":{"$patch":"odd"}}', { 'content-type': 'application/strategic-merge-patch+json' }],
    ['PATCH', `${maps}/base`, '{}', { 'content-type': 'application/json-patch+json' }], ['PATCH', `${maps}/base`, '[{"op":"remove","path":"/data/none"}]', { 'content-type': 'application/json-patch+json' }], ['PATCH', `${maps}/base`, '[{"op":"test","path":"/data/a","value":"c"}]', { 'content-type': 'application/json-patch+json' }],
    ['PATCH', `${maps}/base`, '{}', { 'content-type': 'application/apply-patch+yaml' }], ['PATCH', `${maps}/base?fieldManager=m`, '{}', { 'content-type': 'application/apply-patch+yaml' }], ['PATCH', `${maps}/base?fieldManager=m`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'else' } }, { 'content-type': 'application/apply-patch+yaml' }],
    ['PATCH', `${maps}/base?fieldManager=m`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { managedFields: [{}] } }, { 'content-type': 'application/apply-patch+yaml' }], ['PATCH', `${maps}/base?fieldManager=m`, { apiVersion: 'v1', kind: 'ConfigMap', dat: {} }, { 'content-type': 'application/apply-patch+yaml' }], ['PATCH', `${maps}/missing`, '{}', { 'content-type': 'application/merge-patch+json' }],
    ['PUT', `${maps}/base`, { metadata: { name: 'base', uid: 'x' } }], ['DELETE', `${maps}/base`, { gracePeriodSeconds: -1 }], ['DELETE', `${maps}/base`, { propagationPolicy: 'Odd' }], ['DELETE', `${maps}/base`, { propagationPolicy: 'Orphan', orphanDependents: true }], ['DELETE', `${maps}/base`, { preconditions: { resourceVersion: '1' } }], ['DELETE', `${maps}/base`, 'x'], ['DELETE', maps, undefined],
    ['GET', `/api/v1/namespaces/${name}/pods/none/log`], ['POST', `/api/v1/namespaces/${name}/pods/none/eviction`, {}], ['POST', `/api/v1/namespaces/${name}/pods/none/binding`, { target: { name: 'n' } }], ['POST', `/api/v1/namespaces/${name}/pods/none/exec?command=x`], ['GET', `/api/v1/namespaces/${name}/services/none/proxy/x`], ['GET', '/api/v1/nodes/none/proxy/x'],
    ['POST', `/api/v1/namespaces/${name}/serviceaccounts/default/token`, {}], ['POST', `/api/v1/namespaces/${name}/serviceaccounts/none/token`, {}], ['POST', `/api/v1/namespaces/${name}/serviceaccounts/default/token`, { spec: { expirationSeconds: 1 } }], ['PATCH', `/apis/apps/v1/namespaces/${name}/deployments/none/scale`, { spec: { replicas: 1 } }, { 'content-type': 'application/merge-patch+json' }],
    ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } }], ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: {} }], ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec: { nonResourceAttributes: { path: '/x', verb: 'get' }, user: 'nobody' } }], ['POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}], ['POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'x' } }],
  ]
  for (const [method, path, body, headers] of cases) {
    const answer = await api.call(method, path, body, headers)
    note(`mistake ${method} ${path} ${JSON.stringify(body) ?? ''} ${headers === undefined ? '' : JSON.stringify(headers)}`, [answer.status, answer.headers['content-type'], answer.headers['allow'], answer.json ?? answer.text])
  }
}
/* eslint-enable @typescript-eslint/no-explicit-any */

const unstable: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/\b10\.96\.\d{1,3}\.\d{1,3}\b/g, '<cluster-ip>'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>'],
  [/\bLS0tLS1CRUdJTi[\w+/=]+/g, '<certificate request>'],
  [/\bkube-api-access-\w{5}\b/g, 'kube-api-access-<random>'],
  [/X509SHA256=[0-9a-f]{64}/g, 'X509SHA256=<digest>'],
  [/(resourceVersion\\*":\\*")\d+/g, '$1<word>'],
  [/(current: )\d+$/g, '$1<word>'],
]

const age = /^\d{1,2}s$/

function stable(value: unknown, key = ''): unknown {
  if (typeof value === 'string' && age.test(value) && key === '') return '<age>'
  if (typeof value === 'string') return key === 'resourceVersion' || key === 'storageVersionHash' ? '<word>' : unstable.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), value)
  if (Array.isArray(value)) return value.map(each => stable(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !(name === 'description' && 'format' in value)).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, stable(each, name)]))
}

if (process.argv[1] === import.meta.filename) {
  await using plane = await startControlPlane(process.env['TEST_APISERVER'] === undefined ? {} : { store: 'real' })
  writeFileSync(process.argv[2] ?? '/dev/stdout', `${(await survey(rawApi(plane))).join('\n')}\n`)
}
