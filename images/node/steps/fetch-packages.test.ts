/** Fetches from a mirror that is a folder, with the real apt; the mirror has no lists, so what needs them fails there. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runTool } from '../../build/run-tool.ts'
import type { LockedPackage, PackagesLock } from '../packages-lock.ts'
import { fetchPackages, mirrorOf, readOutcome, type FetchOptions } from './fetch-packages.ts'

const hasApt = existsSync('/usr/lib/apt/apt-helper') && existsSync('/usr/bin/dpkg-deb')

test.each([
  ['deb http://mirror/debian trixie main', 'http://mirror/debian'],
  ['deb [signed-by="/k.gpg"] copy:/mirror/ trixie main', 'copy:/mirror'],
])('the mirror of %s', (source, mirror) => {
  expect(mirrorOf(source)).toBe(mirror)
})

test('a source that is none is refused', () => {
  expect(() => mirrorOf('http://mirror')).toThrow(/KUBARIUM_DEBIAN_MIRROR/)
})

test.each([
  ['E: Failed to fetch http://mirror/pool/c/curl_1-2%2bdeb13u1_amd64.deb  404  Not Found [IP: 192.0.2.1 80]', 'not-there'],
  ['E: Failed to fetch copy:/m/pool/c/curl_1-2+deb13u1_amd64.deb  Failed to stat - stat (2: No such file or directory)', 'not-there'],
  ['E: Failed to fetch http://mirror/pool/c/curl_1-2%2bdeb13u1_amd64.deb  Hash Sum mismatch', 'other-bytes'],
  ['E: Failed to fetch http://mirror/pool/c/curl_1-2%2bdeb13u1_amd64.deb  Could not connect to mirror:80', undefined],
  ['E: Failed to fetch http://mirror/pool/z/zlib_1_amd64.deb  404  Not Found', undefined],
])('FP1 FP2 %s', (line, outcome) => {
  expect(readOutcome([line], { name: 'curl', version: '1-2+deb13u1', path: 'pool/c/curl_1-2+deb13u1_amd64.deb', sizeBytes: 1, sha256: 'a'.repeat(64) })).toBe(outcome)
})

describe.skipIf(!hasApt)('with this host\'s apt', () => {
  let folder = ''
  let steps: string[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fetch-packages-'))
    steps = []
    for (const part of ['mirror', 'fetched', 'scratch']) await mkdir(join(folder, part))
  })
  afterEach(async () => { await rm(folder, { recursive: true }) })

  test('FP1 fetched files are listed with the locked digest', async () => {
    const [hello, kernel] = [await publish('hello'), await publish('linux-image-1-cloud-amd64')]
    const found = await fetchPackages(options({ installed: [hello], unpacked: [kernel] }))
    expect(found).toMatchObject({ installed: [hello], unpacked: [kernel], differences: [] })
    const index = await readFile(join(folder, 'fetched/Packages'), 'utf8')
    expect(index).toContain(`SHA256: ${hello.sha256}`)
    expect(index).not.toContain('linux-image')
    expect((await readdir(join(folder, 'fetched'))).sort()).toEqual(['Packages', 'Release', 'hello_1_all.deb', 'linux-image-1-cloud-amd64_1_all.deb'])
  })

  test.each([true, false])('FP1 a file with other bytes is refused, pinned or not (%s)', async pinned => {
    const hello = await publish('hello')
    await expect(fetchPackages(options({ installed: [{ ...hello, sha256: 'f'.repeat(64) }], unpacked: [] }, pinned))).rejects.toMatchObject({ reason: 'download-failed', message: expect.stringMatching(/file for hello 1 is not the one/) as string })
  })

  test('FP3 a version that is gone is refused by name when pinned', async () => {
    const gone: LockedPackage = { ...await publish('hello'), path: 'pool/main/h/hello/hello_0_all.deb', version: '0' }
    await expect(fetchPackages(options({ installed: [gone], unpacked: [] }, true))).rejects.toMatchObject({ reason: 'not-pinned', message: expect.stringMatching(/pinned version of: hello 0\..*snapshot mirror.*lock-packages\.ts/) as string })
  })

  test('FP2 otherwise it is told by name before the lists are read', async () => {
    const gone: LockedPackage = { ...await publish('hello'), path: 'pool/main/h/hello/hello_0_all.deb', version: '0' }
    await expect(fetchPackages(options({ installed: [gone], unpacked: [] }))).rejects.toThrow()
    expect(steps.at(-1)).toBe('the mirror no longer has hello 0; looking for what replaced it')
  })

  function options(packages: Pick<PackagesLock, 'installed' | 'unpacked'>, pinned = false): FetchOptions {
    return {
      folder: join(folder, 'fetched'), scratch: join(folder, 'scratch'), lock: { suite: 'trixie', architecture: 'amd64', ...packages },
      recipe: { suite: 'trixie', architecture: 'amd64', installed: ['hello'], unpacked: [] }, kernelMetapackage: 'linux-image-cloud-amd64',
      source: `deb copy:${join(folder, 'mirror')} trixie main`, pinned, report: ({ step }) => { steps.push(step) },
    }
  }

  async function publish(name: string): Promise<LockedPackage> {
    const source = join(folder, 'source', name)
    const path = `pool/main/${name[0]}/${name}/${name}_1_all.deb`
    await mkdir(join(source, 'DEBIAN'), { recursive: true })
    await writeFile(join(source, 'DEBIAN/control'), `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@localhost>\nDescription: test\n`)
    await mkdir(dirname(join(folder, 'mirror', path)), { recursive: true })
    await runTool('dpkg-deb', ['--root-owner-group', '-b', source, join(folder, 'mirror', path)])
    const bytes = await readFile(join(folder, 'mirror', path))
    return { name, version: '1', path, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  }
})
