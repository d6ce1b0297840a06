import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { copyContainerdState } from './containerd-state.ts'

let folder = ''
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'containerd-state-')) })
afterEach(async () => { await rm(folder, { recursive: true }) })

test('CS1 CS2 layers are links to the shared copy, databases are copies', async () => {
  const source = join(folder, 'shared')
  await mkdir(join(source, 'snapshots/1/fs'), { recursive: true, mode: 0o711 })
  await writeFile(join(source, 'snapshots/1/fs/node'), 'program')
  await symlink('node', join(source, 'snapshots/1/fs/link'))
  await writeFile(join(source, 'meta.db'), 'database')
  const target = join(folder, 'own')
  await copyContainerdState(source, target)
  const inode = async (path: string): Promise<number> => (await stat(path)).ino
  expect(await inode(join(target, 'snapshots/1/fs/node'))).toBe(await inode(join(source, 'snapshots/1/fs/node')))
  expect(await inode(join(target, 'meta.db'))).not.toBe(await inode(join(source, 'meta.db')))
  expect(await readFile(join(target, 'snapshots/1/fs/link'), 'utf8')).toBe('program')
  expect((await stat(join(target, 'snapshots'))).mode & 0o777).toBe((await stat(join(source, 'snapshots'))).mode & 0o777)
  await writeFile(join(target, 'meta.db'), 'changed')
  expect(await readFile(join(source, 'meta.db'), 'utf8')).toBe('database')
})

test('a target that is there is not touched', async () => {
  await mkdir(join(folder, 'shared'))
  await mkdir(join(folder, 'own'))
  await expect(copyContainerdState(join(folder, 'shared'), join(folder, 'own'))).rejects.toThrow(/EEXIST/)
})
