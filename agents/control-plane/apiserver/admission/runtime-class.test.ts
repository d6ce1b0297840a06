import { expect, test } from 'vitest'
import type { AdmissionRequest, ObjectReader } from './admission.ts'
import { runtimeClass } from './defaults-by-class.ts'

const classes: Readonly<Record<string, object>> = { sandboxed: { metadata: { name: 'sandboxed' }, overhead: { podFixed: { memory: '64Mi' } } }, plain: { metadata: { name: 'plain' } } }
const plugin = runtimeClass({ get: (_of: unknown, _namespace: string, name: string) => classes[name], getFresh: () => Promise.resolve(undefined) } as unknown as ObjectReader)

async function admitted(spec: object): Promise<unknown> {
  const request = { operation: 'CREATE', group: '', resource: 'pods', subresource: '', name: 'p', namespace: 'default', object: { metadata: { name: 'p' }, spec } } as unknown as AdmissionRequest
  try {
    await plugin.admit!(request, { round: 1 } as never)
    await plugin.validate!(request)
    return (request.object as unknown as { spec: { overhead?: unknown } }).spec.overhead
  } catch (error) {
    return (error as Error).message
  }
}

test('DC3 overhead is what the class says', async () => {
  expect(await admitted({ runtimeClassName: 'sandboxed' })).toEqual({ memory: '64Mi' })
  expect(await admitted({ runtimeClassName: 'sandboxed', overhead: { memory: '1Mi' } })).toContain("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
  expect(await admitted({ runtimeClassName: 'plain', overhead: { memory: '1Mi' } })).toContain('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
  expect(await admitted({ overhead: { memory: '1Mi' } })).toContain('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
  expect(await admitted({})).toBeUndefined()
})

test('DC2 a class that is missing is a refusal', async () => {
  expect(await admitted({ runtimeClassName: 'other' })).toContain('pod rejected: RuntimeClass "other" not found')
  expect(await admitted({ runtimeClassName: '' })).toBe('resource name may not be empty')
})
