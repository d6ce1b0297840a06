/** Fetches with the real apt from a mirror that is a folder. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runTool } from '../../build/run-tool.ts'
import type { LockedPackage, PackagesLock } from '../packages-lock.ts'
import { fetchPackages, mirrorOf, readOutcome, type FetchOptions } from './fetch-packages.ts'
import { renderRelease } from './local-repository.ts'

const hasApt = existsSync('/usr/lib/apt/apt-helper') && existsSync('/usr/bin/dpkg-deb')

test.each([
  ['deb http://mirror/debian trixie main', 'http://mirror/debian'],
  ['deb file:///mirror trixie main', 'copy:///mirror'],
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

  test('FP2 otherwise what the suite has now takes its place, told by name; the rest stays as locked', async () => {
    const [hello, stays, runit, kernel] = [await publish('hello', { essential: true }), await publish('stays', { version: '3' }), await publish('runit'), await publish('linux-image-2-cloud-amd64')]
    const listed = [hello, await publish('stays', { version: '4' }), runit, kernel, await publish('linux-image-cloud-amd64', { depends: 'linux-image-2-cloud-amd64 (= 1)' })]
    await list(listed)
    const gone: LockedPackage = { ...hello, path: 'pool/main/h/hello/hello_0_all.deb', version: '0' }
    const oldKernel: LockedPackage = { ...kernel, name: 'linux-image-1-cloud-amd64', path: 'pool/main/l/linux-image-1-cloud-amd64/linux-image-1-cloud-amd64_1_all.deb' }
    const found = await fetchPackages(options({ installed: [gone, stays], unpacked: [oldKernel, runit] }))
    expect(found.installed.map(({ name, version }) => `${name} ${version}`)).toEqual(['hello 1', 'stays 3'])
    expect(found.unpacked.map(({ name }) => name)).toEqual(['linux-image-2-cloud-amd64', 'runit'])
    expect(found.differences).toEqual([{ name: 'hello', locked: '0', used: '1' }, { name: 'linux-image-1-cloud-amd64', locked: '1' }, { name: 'linux-image-2-cloud-amd64', used: '1' }])
    expect(steps).toContain('the mirror no longer has hello 0, linux-image-1-cloud-amd64 1; looking for what replaced it')
    expect(steps).toContain('taking what the suite has instead of what is locked: hello 0 → 1, linux-image-1-cloud-amd64 (gone), linux-image-2-cloud-amd64 (new) 1')
    expect((await readdir(join(folder, 'fetched'))).filter(name => name.endsWith('.deb')).sort()).toEqual(['hello_1_all.deb', 'linux-image-2-cloud-amd64_1_all.deb', 'runit_1_all.deb', 'stays_3_all.deb'])
  })

  test('FP2 a mirror without lists is an error', async () => {
    const gone: LockedPackage = { ...await publish('hello'), path: 'pool/main/h/hello/hello_0_all.deb', version: '0' }
    await expect(fetchPackages(options({ installed: [gone], unpacked: [] }))).rejects.toThrow()
    expect(steps.at(-1)).toBe('the mirror no longer has hello 0; looking for what replaced it')
  })

  function options(packages: Pick<PackagesLock, 'installed' | 'unpacked'>, pinned = false): FetchOptions {
    return {
      folder: join(folder, 'fetched'), scratch: join(folder, 'scratch'), lock: { suite: 'trixie', architecture: 'amd64', ...packages },
      recipe: { suite: 'trixie', architecture: 'amd64', installed: ['hello', 'stays'], unpacked: ['runit'] }, kernelMetapackage: 'linux-image-cloud-amd64',
      source: `deb [trusted=yes] copy:${join(folder, 'mirror')} ./`, pinned, report: ({ step }) => { steps.push(step) },
    }
  }

  /** Puts a package into the mirror's pool. */
  async function publish(name: string, { version = '1', depends, essential = false }: { version?: string; depends?: string; essential?: boolean } = {}): Promise<LockedPackage> {
    const source = join(folder, 'source', `${name}-${version}`)
    const path = `pool/main/${name[0]}/${name}/${name}_${version}_all.deb`
    await mkdir(join(source, 'DEBIAN'), { recursive: true })
    const more = `${depends === undefined ? '' : `Depends: ${depends}\n`}${essential ? 'Essential: yes\n' : ''}`
    await writeFile(join(source, 'DEBIAN/control'), `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: Nobody <nobody@localhost>\n${more}Description: test\n`)
    await mkdir(dirname(join(folder, 'mirror', path)), { recursive: true })
    await runTool('dpkg-deb', ['--root-owner-group', '-b', source, join(folder, 'mirror', path)])
    const bytes = await readFile(join(folder, 'mirror', path))
    return { name, version, path, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  }

  /** What the mirror offers now. */
  async function list(packages: readonly LockedPackage[]): Promise<void> {
    const control = (entry: LockedPackage): Promise<string> => runTool('dpkg-deb', ['-f', join(folder, 'mirror', entry.path)])
    const stanzas = await Promise.all(packages.map(async entry => `${(await control(entry)).trim()}\nFilename: ${entry.path}\nSize: ${entry.sizeBytes}\nSHA256: ${entry.sha256}\n`))
    await writeFile(join(folder, 'mirror/Packages'), stanzas.join('\n'))
    await writeFile(join(folder, 'mirror/Release'), renderRelease('trixie', stanzas.join('\n')))
  }
})
