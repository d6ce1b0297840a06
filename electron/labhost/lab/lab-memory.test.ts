import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { homeFiles, labFiles, socketPathProblem } from './lab-files.ts'
import { LabMemory } from './lab-memory.ts'
import { documentOf, labDefaults, readLab } from './lab-spec.ts'

let home: string
beforeEach(() => { home = mkdtempSync(join(tmpdir(), 'kubarium-memory-')) })
afterEach(() => { rmSync(home, { recursive: true, force: true }) })

const spec = readLab(documentOf({ name: 'lab', nodes: [] })).spec!

test('LF1 what is remembered is private, and the next lab host reads it', () => {
  const files = labFiles(homeFiles(home), 'lab')
  const memory = LabMemory.create(files, spec)
  memory.want({ run: true, off: ['node-2'] })
  memory.numberOf('node-1')
  expect([files.labJson, files.stateJson].map(file => statSync(file).mode & 0o777)).toEqual([0o600, 0o600])
  expect([files.dir, files.pkiDir, files.machinesDir].map(dir => statSync(dir).mode & 0o777)).toEqual([0o700, 0o700, 0o700])
  const read = LabMemory.read(files)!
  expect(read.desired).toEqual({ spec, run: true, off: ['node-2'], deleting: false })
  expect(read.remembered.nodeNumbers).toEqual({ 'node-1': 1 })
})

test('a node keeps its number, gets that of its name if it is free, and gives it back', () => {
  const memory = LabMemory.create(labFiles(homeFiles(home), 'lab'), spec)
  expect(['node-2', 'worker', 'node-1', 'node-3', 'node-2'].map(name => memory.numberOf(name))).toEqual([2, 1, 3, 4, 2])
  memory.forgetNodes(['worker'])
  expect(memory.numberOf('other')).toBe(1)
})

test('LF3 a home too deep for sockets is refused before anything is made', () => {
  expect(socketPathProblem(homeFiles('/home/user/.local/share/kubarium'), 'default', 'node-1')).toBeUndefined()
  expect(socketPathProblem(homeFiles(`/home/${'deep/'.repeat(20)}`), labDefaults.name, 'node-1')).toMatch(/Set KUBARIUM_HOME to a shorter path$/)
})
