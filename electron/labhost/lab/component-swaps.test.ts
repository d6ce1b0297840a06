import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ComponentManifest } from '../components/component-manifest.ts'
import { DocumentReading, pathText } from '../documents/document-reading.ts'
import { manifestFor, readComponents, requireProgram, requireSwappable } from './component-swaps.ts'

function read(value: unknown): { components: unknown; problems: string[] } {
  const reading = new DocumentReading('a Lab')
  const components = readComponents(value, ['spec', 'components'], reading)
  return { components, problems: reading.problems.map(({ path, message }) => `${pathText(path)}: ${message}`) }
}

describe('spec.components', () => {
  it('names a program and flags of its own', () => {
    const components = { 'kube-scheduler': { binary: '/opt/kube-scheduler', flags: { 'v': 4, 'profiling': false, 'feature-gates': 'A=true' } } }
    expect(read(components)).toEqual({ components: { 'kube-scheduler': { binary: '/opt/kube-scheduler', flags: { 'v': '4', 'profiling': 'false', 'feature-gates': 'A=true' } } }, problems: [] })
  })

  it('CW1: what cannot be swapped is refused by name, with the reason', () => {
    expect(read({ 'etcd': { binary: '/bin/etcd' }, 'cloud-controller-manager': {}, 'coredns': {} }).problems).toEqual([
      'spec.components.etcd: cannot be swapped: the store is chosen by spec.etcd',
      'spec.components.cloud-controller-manager: cannot be swapped: the lab itself is the cloud, and no other program knows it',
      'spec.components.coredns: unknown component; known here: kube-apiserver, kube-scheduler, kube-controller-manager',
    ])
    expect(() => requireSwappable('kubelet@node-1')).toThrow('no other program can take the place of kubelet@node-1: it runs on a node.')
  })

  it('CW2: every fault of the form is told with its place', () => {
    expect(read({ 'kube-scheduler': { binary: 'kube-scheduler', flags: { '--v': 4, 'config': ['a'] }, 'image': 'x' }, 'kube-apiserver': { flags: 4 } }).problems).toEqual([
      'spec.components.kube-scheduler.image: unknown field; known here: binary, flags',
      'spec.components.kube-scheduler.binary: "kube-scheduler" is not an absolute path',
      'spec.components.kube-scheduler.flags.--v: "--v" is not a flag\'s name without its dashes',
      'spec.components.kube-scheduler.flags.config: must be text, a number, true or false, not ["a"]',
      'spec.components.kube-apiserver.binary: must be text, not nothing',
      'spec.components.kube-apiserver.flags: must be a mapping of flag names without their dashes, not 4',
    ])
    expect(read('kube-scheduler').problems).toEqual(['spec.components: must be a mapping of component names, not "kube-scheduler"'])
  })
})

describe('a program', () => {
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'kubarium-swap-')) })
  afterEach(() => { rmSync(folder, { recursive: true }) })

  it('CW2: is a file that may be executed', () => {
    writeFileSync(join(folder, 'program'), '', { mode: 0o700 })
    writeFileSync(join(folder, 'text'), '', { mode: 0o600 })
    mkdirSync(join(folder, 'folder'))
    expect(() => { requireProgram('kube-scheduler', { binary: join(folder, 'program') }) }).not.toThrow()
    expect(() => { requireProgram('kube-scheduler', { binary: join(folder, 'text') }) }).toThrow('text cannot take the place of kube-scheduler: it may not be executed')
    expect(() => { requireProgram('kube-scheduler', { binary: join(folder, 'folder') }) }).toThrow('it is not a file')
    expect(() => { requireProgram('kube-scheduler', { binary: join(folder, 'none') }) }).toThrow('there is no such file')
  })
})

const files = { tracingConfig: '/run/tracing.json' }
const own: ComponentManifest = {
  name: 'kube-controller-manager', program: ['/node', '--max-semi-space-size=4', '/dist/kube-controller-manager.mjs'], environment: { NODE_COMPILE_CACHE: '/cache' }, logFile: '/log',
  flags: { 'kubeconfig': '/k', 'leader-elect': true, 'fault-injection-token-file': '/token' }, health: { url: 'https://127.0.0.1:10257/readyz', authorityFile: '/ca' },
  address: '127.0.0.1:10257', inspectionUrl: 'https://127.0.0.1:10257',
}

it('CW3, CW4: a manifest for another program has the same flags without what only ours knows', () => {
  expect(manifestFor(own, { binary: '/opt/kcm' }, files)).toEqual({
    ...own, program: ['/opt/kcm'], environment: {}, flags: { 'kubeconfig': '/k', 'leader-elect': true }, health: { url: 'https://127.0.0.1:10257/healthz', authorityFile: '/ca' },
  })
})

it('CW4, CW5, CW6: the lab says what it relies on, and the user has the last word', () => {
  const manifest = manifestFor({ ...own, name: 'kube-apiserver' }, { binary: '/opt/api', flags: { 'allow-privileged': 'false', 'v': '4' } }, files)
  expect(manifest.flags).toMatchObject({ 'allow-privileged': 'false', 'storage-media-type': 'application/json', 'enable-aggregator-routing': true, 'v': '4' })
  expect(manifest).toMatchObject({ flags: { 'tracing-config-file': '/run/tracing.json' }, environment: { OTEL_BSP_SCHEDULE_DELAY: '500' } })
  expect(manifest.health.url).toBe('https://127.0.0.1:10257/readyz')
})
