import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { differencesText, lockFile, packageDifferences, readLock, renderLock, type LockedPackage, type LockedRecipe, type PackagesLock } from './packages-lock.ts'
import { lockedRecipe } from './steps/base-system.ts'

const recipe: LockedRecipe = { suite: 'trixie', architecture: 'amd64', installed: ['zlib1g'], unpacked: ['runit'] }
const lock: PackagesLock = { suite: 'trixie', architecture: 'amd64', installed: [locked('zlib1g', '1:1.3-1'), locked('adduser', '3.152')], unpacked: [locked('runit', '2.2.0-3'), locked('linux-image-6.12-cloud-amd64', '6.12-1')] }

test('PL1 the committed lock fits the recipe, and is written as the program writes it', () => {
  const text = readFileSync(join(import.meta.dirname, lockFile), 'utf8')
  expect(renderLock(readLock(text, lockedRecipe))).toBe(text)
})

test('PL4 it names no host', () => {
  expect(readFileSync(join(import.meta.dirname, lockFile), 'utf8')).not.toMatch(/https?:|\.(org|com|net)\b/)
})

test('a lock comes back as it was written, sorted by name', () => {
  const back = readLock(renderLock(lock), recipe)
  expect(back.installed.map(entry => entry.name)).toEqual(['adduser', 'zlib1g'])
  expect(back.unpacked).toEqual([...lock.unpacked].reverse())
  expect(renderLock(back)).toBe(renderLock(lock))
})

test.each([
  ['another suite', { ...lock, suite: 'forky' }, /it is for forky on amd64, and the recipe is for trixie/],
  ['a package that is not locked', { ...lock, installed: [] }, /it lacks zlib1g, which the recipe names/],
  ['no kernel', { ...lock, unpacked: [locked('runit', '2')] }, /it lacks a kernel/],
])('PL1 %s is refused', (_, unfit, message) => {
  expect(() => readLock(renderLock(unfit), recipe)).toThrow(message)
  expect(() => readLock(renderLock(unfit), recipe)).toThrow(/node images\/node\/lock-packages\.ts/)
})

test.each([
  ['text', 'no list at all', /it is not JSON/],
  ['another format', '{"formatVersion":9}', /it is not a list of packages of format 1/],
  ['a short digest', changed({ sha256: 'abc' }), /this entry of it is damaged: .*zlib1g/],
  ['a path outside the pool', changed({ path: 'pool/../../etc/zlib1g.deb' }), /damaged/],
  ['an absolute path', changed({ path: '/etc/zlib1g.deb' }), /damaged/],
  ['a version that is an option', changed({ version: '--force' }), /damaged/],
  ['a name twice', renderLock({ ...lock, unpacked: [...lock.unpacked, locked('zlib1g', '2')] }), /it names zlib1g twice/],
])('PL2 %s is refused', (_, text, message) => {
  expect(() => readLock(text, recipe)).toThrow(message)
})

test('PL3 other versions, new and gone packages are the difference', () => {
  const used = { installed: [locked('zlib1g', '1:1.3-2'), locked('adduser', '3.152'), locked('libnew0', '1')], unpacked: [locked('runit', '2.2.0-3')] }
  const differences = packageDifferences(lock, used)
  expect(differencesText(differences)).toBe('libnew0 (new) 1, linux-image-6.12-cloud-amd64 (gone), zlib1g 1:1.3-1 → 1:1.3-2')
  expect(packageDifferences(lock, lock)).toEqual([])
})

function locked(name: string, version: string): LockedPackage {
  return { name, version, path: `pool/main/${name[0]}/${name}/${name}_1_amd64.deb`, sizeBytes: 10, sha256: 'a'.repeat(64) }
}

function changed(change: Partial<LockedPackage>): string {
  return renderLock({ ...lock, installed: [{ ...locked('zlib1g', '1'), ...change }] })
}
