/**
 * How mmdebstrap can run here: as root, or without root in a user namespace (newuidmap and an entry in /etc/subuid), or
 * under fakechroot. (BS1)
 */
import { readFile, readdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { BuildError } from '../../build/build-error.ts'
import { baseMode, type BaseMode } from './base-system.ts'

export async function findBaseMode(): Promise<BaseMode> {
  const mode = baseMode(process.getuid?.() === 0, { uidmap: (await hasTool('newuidmap')) && (await hasSubordinateIds()), fakechroot: (await hasTool('fakechroot')) && (await hasTool('fakeroot')) })
  if (mode === undefined) throw new BuildError('tool-missing', 'Building the worker image without root needs the program newuidmap with a range of user numbers for you in /etc/subuid, or fakechroot and fakeroot on a system like the workers\' own. Install it with: apt-get install uidmap fakeroot; usermod --add-subuids 100000-165535 --add-subgids 100000-165535 YOU — or run the command as root.')
  return mode
}

/** Whether mmdebstrap may map more users than the caller: an entry by name or number. */
async function hasSubordinateIds(): Promise<boolean> {
  const { uid, username } = userInfo()
  const text = await readFile('/etc/subuid', 'utf8').catch(() => '')
  return text.split('\n').some(line => line.startsWith(`${username}:`) || line.startsWith(`${uid}:`))
}

async function hasTool(tool: string): Promise<boolean> {
  const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':')
  const found = await Promise.all(folders.map(async folder => (await readdir(folder).catch((): string[] => [])).includes(tool)))
  return found.includes(true)
}
