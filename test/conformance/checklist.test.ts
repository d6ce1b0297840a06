/**
 * The thirty behaviours that re-implementations of the API get wrong, and where each is held to be right.
 *
 *   CL1  Every item names its evidence: a test by its title, or a command of a conversation. What is named must be there.
 *   CL2  Items without a home elsewhere are tested here, on the bare wire.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startControlPlane } from '../integration/control-plane.ts'
import type { ControlPlane } from '../integration/control-plane.ts'
import { rawApi } from '../integration/raw-api.ts'
import type { RawApi } from '../integration/raw-api.ts'

const root = join(import.meta.dirname, '../..')
const semantics = 'test/integration/apiserver-semantics.test.ts'
const here = 'test/conformance/checklist.test.ts'
const talk = (topic: string) => `test/conformance/conversations/${topic}.txt`

interface Item {
  readonly number: number
  readonly about: string
  readonly evidence: readonly (readonly [file: string, text: string])[]
}

const items: readonly Item[] = [
  { number: 1, about: 'protobuf request bodies are read', evidence: [['agents/wire/protobuf/protobuf.test.ts', 'every kind survives the way there and back'], [talk('every-verb'), '$ kubectl create poddisruptionbudget web']] },
  { number: 2, about: 'watch-lists are served, or refused with 422', evidence: [[semantics, '[2] a watch-list tells the state'], ['agents/control-plane/apiserver/registry/list-options.test.ts', 'LO2 %s']] },
  { number: 3, about: 'aggregated discovery is of the version it says', evidence: [[semantics, '[3] each aggregated form is named exactly'], [talk('discovery'), '$ kubectl api-resources --sort-by=name']] },
  { number: 4, about: 'OpenAPI v3 says fieldValidation, GVK and merge keys', evidence: [['agents/api/openapi/openapi-v3.test.ts', 'OS3 lists say how they merge'], [talk('every-verb'), '$ kubectl create -f wrong.yaml']] },
  { number: 5, about: 'PATCH without resourceVersion never conflicts', evidence: [[semantics, '[5] a stale PUT is a 409']] },
  { number: 6, about: 'writes that change nothing leave no trace', evidence: [[semantics, '[6] a write that changes nothing leaves no trace'], [talk('apply'), '  configmap/cm unchanged']] },
  { number: 7, about: 'one revision for all; lists and watches fit together', evidence: [[semantics, '[7][8] selectors'], [semantics, 'pages show one revision']] },
  { number: 8, about: 'leaving a selector is DELETED with a fresh revision', evidence: [[semantics, '[7][8] selectors']] },
  { number: 9, about: '410 Expired, as an answer and in the stream', evidence: [[semantics, '[9] what has been compacted is a 410']] },
  { number: 10, about: 'watches are flushed at once and end in time', evidence: [[semantics, '[10] a watch ends in time'], [talk('get-forms'), '& kubectl get cm -w --no-headers']] },
  { number: 11, about: 'media types: none is JSON, parameters are read', evidence: [[semantics, '[11] a body without a type is JSON'], [semantics, '[11] a Scale without a Content-Type is read']] },
  { number: 12, about: 'nulls and empties', evidence: [[here, '9.12 nulls are taken'], ['agents/api/schema/decode.test.ts', 'DE4 writes what Go always writes']] },
  { number: 13, about: 'quantities and times are canonical', evidence: [['agents/api/schema/quantity.test.ts', 'QU3 canonical text is a fixed point'], [talk('kinds'), '$ kubectl get lease lease -o yaml'], [talk('change'), '--limits=cpu=1000m,memory=1024Mi']] },
  { number: 14, about: 'defaults are complete and stable', evidence: [['agents/api/kinds.test.ts', 'KD2 defaulting twice changes nothing'], [talk('expose-and-run'), '$ kubectl get pod one -o yaml']] },
  { number: 15, about: 'spec, status and generation are kept apart', evidence: [[semantics, '[15] status and spec do not leak']] },
  { number: 16, about: 'deletion of pods, finalizers, preconditions', evidence: [[semantics, '[16] a bound pod goes gracefully'], [semantics, '[16] an object with finalizers'], [talk('delete-and-wait'), '$ kubectl delete pod bound --grace-period=5 --wait=false']] },
  { number: 17, about: 'corners of strategic merge', evidence: [['agents/wire/patch/patch.test.ts', 'SM4 $retainKeys'], [talk('change'), '"$patch":"replace"'], ['test/integration/apiserver-custom-resources.test.ts', 'patches: JSON and merge, no strategic merge']] },
  { number: 18, about: 'server-side apply', evidence: [['agents/wire/apply/apply.test.ts', 'AP2 conflicts are told as upstream tells them'], [talk('apply'), 'Apply failed with 1 conflict: conflict with "kubectl"']] },
  { number: 19, about: 'details of Status, 429, 403 before 404', evidence: [[semantics, '[19] errors name the plural resource'], [semantics, '[19] a 403 comes before a 404'], [talk('quota-and-limits'), "it would violate the pod's disruption budget"]] },
  { number: 20, about: 'exec over WebSocket v5', evidence: [['test/integration/apiserver-streams.test.ts', 'an exec WebSocket is passed through'], ['agents/wire/streaming/channel-dialects.test.ts', 'CD3 only v5 half-closes'], ['test/integration/kubelet.test.ts', 'logs, exec, cp and port-forward work with every kubectl']] },
  { number: 21, about: 'port-forward over SPDY, bare and inside WebSocket', evidence: [['agents/wire/streaming/spdy.test.ts', 'SC1 SC2 streams open, are answered, and half-close'], ['agents/wire/streaming/spdy.test.ts', 'SF1 every frame survives'], ['test/integration/apiserver-streams.test.ts', 'a SPDY upgrade is passed through']] },
  { number: 22, about: 'HTTP/2 and HTTP/1.1 on one port, a hundred streams', evidence: [[here, '9.22 a hundred streams']] },
  { number: 23, about: 'namespaces: the race at birth, the causes at death', evidence: [[semantics, '[23] a pod waits for its account'], [semantics, '[23] a terminating namespace']] },
  { number: 24, about: 'details of discovery', evidence: [[here, '9.24 discovery says'], ['test/integration/apiserver-custom-resources.test.ts', 'discovery and OpenAPI follow']] },
  { number: 25, about: 'field selectors: the exact sets and the text of the refusal', evidence: [[talk('get-forms'), 'is not a known field selector'], [talk('get-forms'), 'field label not supported: spec.hostname']] },
  { number: 26, about: 'one store of events, two views', evidence: [[semantics, '[26] one store of Events has two faces'], [talk('without-kubelet'), '$ kubectl get events.events.k8s.io -o name']] },
  { number: 27, about: 'service addresses and node ports', evidence: [[semantics, '[27] Services never share an address'], [talk('create-subcommands'), 'provided port is already allocated']] },
  { number: 28, about: 'tables: columns once, metadata.resourceVersion', evidence: [[semantics, '[28] a table watch has columns only in its first event']] },
  { number: 29, about: 'kubectl of 1.27 and 1.28: gnostic protobuf, v2beta1', evidence: [['agents/wire/protobuf/gnostic.test.ts', 'the whole document can be written, and read as protobuf'], [talk('every-verb'), '%versions all']] },
  { number: 30, about: 'debug node gets the whole pod back', evidence: [[talk('nodes'), '$ kubectl debug node/nodes-1']] },
]

describe('the checklist', () => {
  test('has thirty items', () => {
    expect(items.map(item => item.number)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
  })

  test.each(items)('9.$number $about', ({ evidence }) => { // CL1
    for (const [file, text] of evidence) expect(readFileSync(join(root, file), 'utf8'), file).toContain(text)
  })
})

describe('on the wire', () => { // CL2
  let plane: ControlPlane
  let api: RawApi

  beforeAll(async () => {
    plane = await startControlPlane()
    api = rawApi(plane)
  })

  afterAll(async () => {
    await plane?.stop()
  })

  test('9.12 nulls are taken for absent, and empty lists are written', async () => {
    const made = await api.call('POST', '/api/v1/namespaces/default/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'nulls', creationTimestamp: null, labels: null, annotations: {} }, data: null })
    expect([made.status, made.json.data, made.json.metadata.labels, typeof made.json.metadata.creationTimestamp]).toEqual([201, undefined, undefined, 'string'])
    const pods = await api.call('GET', '/api/v1/namespaces/default/pods')
    expect(pods.text).toContain('"items":[]')
    const role = await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', { metadata: { name: 'empty' } })
    expect(role.text).toMatch(/"rules":(null|\[\])/)
    const listed = await api.call('GET', '/api/v1/namespaces/default/configmaps')
    expect(Object.keys(listed.json.items[0])).not.toContain('kind')
    expect((await api.call('POST', '/api/v1/namespaces/default/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'status-too' }, status: {} })).status).toBe(201)
    const lease = await api.call('POST', '/apis/coordination.k8s.io/v1/namespaces/default/leases', { metadata: { name: 'micro' }, spec: { holderIdentity: 'me', renewTime: '2026-01-01T00:00:00.123456Z' } })
    expect(lease.json.spec.renewTime).toBe('2026-01-01T00:00:00.123456Z')
  })

  test('9.22 a hundred streams of one HTTP/2 connection, HTTP/1.1 on the same port', async () => {
    expect((await api.call('GET', '/version')).status).toBe(200) // HTTP/1.1
    const session = connect(plane.server, { ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key })
    const answers = await Promise.all(Array.from({ length: 100 }, () => new Promise<number>((resolve, reject) => {
      const stream = session.request({ ':path': '/api/v1/namespaces/default' })
      stream.once('response', headers => {
        resolve(headers[':status'] ?? 0)
      })
      stream.once('error', reject)
      stream.resume()
    })))
    expect([session.alpnProtocol, new Set(answers)]).toEqual(['h2', new Set([200])])
    session.close()
  })

  test('9.24 discovery says what kubectl goes by: singular names, short names, categories, foreign kinds of subresources', async () => {
    const accept = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }
    const core = (await api.call('GET', '/api', undefined, accept)).json.items[0].versions[0]
    const pods = core.resources.find((each: { resource: string }) => each.resource === 'pods')
    expect(pods).toMatchObject({ singularResource: 'pod', shortNames: ['po'], categories: ['all'], scope: 'Namespaced', responseKind: { group: '', version: '', kind: 'Pod' } })
    const plain = (await api.call('GET', '/api/v1')).json.resources
    const named = (name: string) => plain.find((each: { name: string }) => each.name === name)
    expect(named('pods/eviction')).toMatchObject({ group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] })
    expect(named('serviceaccounts/token')).toMatchObject({ group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' })
    expect(named('replicationcontrollers/scale')).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale' })
    expect(core.freshness).toBe('Current')
  })
})
