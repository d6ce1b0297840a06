import { expect, it } from 'vitest'
import { defaultStorageAnnotations, youngestDefault } from './default-class.ts'

const named = (name: string, creationTimestamp: string, annotation = defaultStorageAnnotations[0] as string, value = 'true') => ({ metadata: { name, creationTimestamp, annotations: { [annotation]: value } } })
const nameOf = (...classes: ReturnType<typeof named>[]) => youngestDefault(classes, defaultStorageAnnotations)?.metadata.name

it('DF1 a default says so, by either name', () => {
  expect(nameOf(named('a', '2026-01-01T00:00:00Z', 'storageclass.kubernetes.io/is-default-class', 'false'))).toBeUndefined()
  expect(nameOf(named('a', '2026-01-01T00:00:00Z', 'storageclass.beta.kubernetes.io/is-default-class'))).toBe('a')
})

it('DF2 of several the youngest, then the first by name', () => {
  expect(nameOf(named('b', '2026-01-02T00:00:00Z'), named('a', '2026-01-01T00:00:00Z'), named('c', '2026-01-02T00:00:00Z'))).toBe('b')
})
