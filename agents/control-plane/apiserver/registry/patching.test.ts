import { describe, expect, test } from 'vitest'
import type { ApiError } from '../http/api-error.ts'
import type { KubeObject } from './kube-object.ts'
import { jsonPatchType, mergePatchType, readPatch, strategicPatchType } from './patching.ts'

const kind = { group: 'apps', version: 'v1', kind: 'Deployment', apiVersion: 'apps/v1', definition: 'io.k8s.api.apps.v1.Deployment' }
const current = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'd' }, spec: { replicas: 1, selector: {}, template: { spec: { containers: [{ name: 'c', image: 'x' }] } } } } as unknown as KubeObject

async function refusal(type: string, patch: unknown): Promise<{ code: number; reason: string | undefined; message: string }> {
  try {
    await (await readPatch(Buffer.from(JSON.stringify(patch)), type, kind, 'Ignore', () => {})).apply(structuredClone(current))
  } catch (error) {
    const { code, reason, message = '' } = (error as ApiError).status
    return { code, reason, message }
  }
  throw new Error('nothing was refused')
}

/** Every object and list of a value. */
function partsOf(value: unknown): object[] {
  return typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(partsOf)] : []
}

describe('patches', async () => {
  test.each([
    [jsonPatchType, [{ op: 'copy', from: '/spec/template', path: '/spec/other' }, { op: 'remove', path: '/spec/other' }, { op: 'replace', path: '/spec/replicas', value: 2 }]],
    [mergePatchType, { spec: { replicas: 2 } }],
    [strategicPatchType, { spec: { replicas: 2, template: { spec: { containers: [{ name: 'c', image: 'y' }, { name: 'd', image: 'x' }], $retainKeys: ['containers'] } } } }],
  ])('PA8 %s leaves the current object as it is and shares nothing with it', async (type, patch) => {
    const given = structuredClone(current)
    for (const part of partsOf(given)) Object.freeze(part)
    const made = await (await readPatch(Buffer.from(JSON.stringify(patch)), type, kind, 'Ignore', () => {})).apply(given)
    expect(made['spec']).toMatchObject({ replicas: 2 })
    const shared = new Set(partsOf(given))
    expect(partsOf(made).filter(part => shared.has(part))).toEqual([])
  })

  test('PA6 a JSON patch that cannot be applied is a 422 that does not say why', async () => {
    const blank = { code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request' }
    expect(await refusal(jsonPatchType, [{ op: 'test', path: '/spec/replicas', value: 9 }])).toEqual(blank)
    expect(await refusal(jsonPatchType, [{ op: 'jump', path: '/spec' }])).toEqual(blank)
    expect(await refusal(jsonPatchType, { op: 'add' })).toMatchObject({ code: 400, message: 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp' })
    expect(await refusal(mergePatchType, 'x')).toMatchObject({ code: 400, message: 'error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}' })
  })

  test('PA6 an unknown directive is a 500 without a reason', async () => {
    const containers = (item: object) => ({ spec: { template: { spec: { containers: [item] } } } })
    expect(await refusal(strategicPatchType, containers({ name: 'c', $patch: 'strange' }))).toEqual({ code: 500, reason: undefined, message: 'unknown patch type: strange in map: map[$patch:strange name:c]' })
    expect(await refusal(strategicPatchType, containers({ image: 'nameless' }))).toEqual({ code: 500, reason: undefined, message: 'map: map[image:nameless] does not contain declared merge key: name' })
  })

  test('PA7 a patch whose result does not fit is a 422 about the patch', async () => {
    expect(await refusal(strategicPatchType, { spec: { replicas: 'three' } })).toEqual({ code: 422, reason: 'Invalid', message: ' "" is invalid: patch: Invalid value: "map[spec:map[replicas:three]]": unrecognized type: int32' })
    const merged = await refusal(mergePatchType, { spec: { replicas: 'three' } })
    expect(merged).toMatchObject({ code: 422, reason: 'Invalid' })
    expect(merged.message).toMatch(/^ "" is invalid: patch: Invalid value: "\{\\"apiVersion\\":.*": json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32$/)
  })
})
