import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { lockPath, missingPackages, platformEntry, type LockPackages } from './complete-lock.ts'

const committed = (JSON.parse(readFileSync(lockPath, 'utf8')) as { packages: LockPackages }).packages

test('CL1 npm ci takes the committed lock file: nothing is missing in it (else: node build/complete-lock.ts)', () => {
  expect(missingPackages(committed)).toEqual([])
})

test('npm ci takes the committed lock file: it names what package.json names (else: npm install --ignore-scripts)', () => {
  const wanted = JSON.parse(readFileSync(join(dirname(lockPath), 'package.json'), 'utf8')) as Record<string, Record<string, string>>
  expect(committed['']?.dependencies).toEqual(wanted['dependencies'])
  expect(committed['']?.devDependencies).toEqual(wanted['devDependencies'])
})

test('every version is exact', () => {
  const { dependencies, devDependencies } = committed[''] ?? {}
  expect(Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^(npm:.+@|file:|)\d|^file:/.test(version))).toEqual([])
})

test('CL1 a package beside or above the one that wants it is there, one below another is not', () => {
  const packages: LockPackages = {
    'node_modules/a': { optionalDependencies: { beside: '1', above: '1', elsewhere: '1' } },
    'node_modules/a/node_modules/beside': {}, 'node_modules/above': {}, 'node_modules/b/node_modules/elsewhere': {},
  }
  expect(missingPackages(packages)).toEqual([{ name: 'elsewhere', range: '1', wantedBy: 'node_modules/a' }])
})

test.each([
  ['@x/binding-darwin-arm64', '^1.2.3', { version: '1.2.3', os: ['darwin'], cpu: ['arm64'], optional: true, dev: true }],
  ['@x/binding-linux-x64-musl', '1.2.3', { version: '1.2.3', os: ['linux'], cpu: ['x64'], libc: ['musl'], optional: true, dev: true }],
  ['@x/binding-linux-arm64-gnu', '~1.2.3', { version: '1.2.3', os: ['linux'], cpu: ['arm64'], libc: ['glibc'], optional: true, dev: true }],
])('CL2 %s %s', (name, range, entry) => {
  expect(platformEntry({ name, range, wantedBy: 'node_modules/x' }, { 'node_modules/x': { dev: true } })).toEqual(entry)
})

test('CL2 a name that tells no platform is an error', () => {
  expect(() => platformEntry({ name: 'left', range: '1', wantedBy: 'node_modules/x' }, {})).toThrow(/left, which node_modules\/x may use/)
})
