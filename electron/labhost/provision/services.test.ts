import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { planRestarts } from './provision-node.ts'
import { finishText, readStatus, runText } from './runit.ts'
import type { Service } from './service.ts'
import { runSteps, type Step } from './steps.ts'
import { readShow, unitText } from './systemd.ts'

const kubelet: Service = {
  name: 'kubelet',
  description: 'the node agent',
  command: ['/usr/local/bin/node', '/opt/kubarium/agents/kubelet.mjs', '--node-labels=a=b,c=50%', '--note=it\'s "$5" \\'],
  environment: { NODE_OPTIONS: '--max-old-space-size=96', SPACED: 'a b' },
  after: ['containerd'],
  keepsChildren: true,
  restartOn: ['/opt/kubarium/agents/kubelet.mjs', '/etc/kubarium/'],
}

function golden(name: string, text: string): void {
  const file = join(import.meta.dirname, name)
  if (process.env['GOLDEN'] === 'write') writeFileSync(file, text)
  expect(text).toBe(readFileSync(file, 'utf8'))
}

test('a service as a systemd unit and as runit scripts', () => {
  golden('services.golden.txt', ['# kubelet.service', unitText(kubelet), '# /etc/sv/kubelet/run', runText(kubelet), '# /etc/sv/kubelet/finish', finishText(kubelet)].join('\n'))
})

test('systemd\'s answers become states', () => {
  const block = (id: string, load: string, active: string, sub: string, pid: number) =>
    `Id=${id}.service\nLoadState=${load}\nActiveState=${active}\nSubState=${sub}\nMainPID=${pid}\nNRestarts=2\nExecMainStartTimestamp=@1795213276`
  expect(readShow([block('a', 'loaded', 'active', 'running', 7), block('b', 'loaded', 'activating', 'auto-restart', 0), block('c', 'not-found', 'inactive', 'dead', 0), block('d', 'loaded', 'inactive', 'dead', 0)].join('\n\n'))).toEqual([
    { name: 'a', state: 'running', pid: 7, restarts: 2, startedAt: '2026-11-20T22:21:16Z' },
    { name: 'b', state: 'failed', pid: null, restarts: 2, startedAt: null },
    { name: 'c', state: 'absent', pid: null, restarts: 2, startedAt: null },
    { name: 'd', state: 'stopped', pid: null, restarts: 2, startedAt: null },
  ])
})

test('runit\'s answers become states', () => {
  expect(readStatus('a\trun: ./a: (pid 12) 3s\t1795213276\t4\nb\tdown: ./b: 1s, normally up, want up\t1\t1\nc\tabsent\t\t\nd\tdown: ./d: 9s, normally up\t1\t\n')).toEqual([
    { name: 'a', state: 'running', pid: 12, restarts: 4, startedAt: '2026-11-20T22:21:16Z' },
    { name: 'b', state: 'failed', pid: null, restarts: 1, startedAt: null },
    { name: 'c', state: 'absent', pid: null, restarts: 0, startedAt: null },
    { name: 'd', state: 'stopped', pid: null, restarts: 0, startedAt: null },
  ])
})

test('PN2 only what changed is restarted', () => {
  const proxy: Service = { name: 'kube-proxy', description: '', command: ['x'] }
  const definition = (service: Service) => [`/units/${service.name}`]
  expect(planRestarts([kubelet, proxy], [], definition)).toEqual([])
  expect(planRestarts([kubelet, proxy], ['/etc/kubarium/kubelet.kubeconfig'], definition)).toEqual(['kubelet'])
  expect(planRestarts([kubelet, proxy], ['/units/kube-proxy', '/opt/other'], definition)).toEqual(['kube-proxy'])
})

test('ST1 steps that are done are skipped; ST3 the first failure ends the list and is named', async () => {
  const told: string[] = []
  const step = (name: string, extra: Partial<Step<string[]>> = {}): Step<string[]> => ({ name, apply: context => Promise.resolve(void context.push(name)), ...extra })
  const applied: string[] = []
  const list = [step('one'), step('two', { isDone: () => Promise.resolve(true) }), step('three', { apply: () => Promise.reject(new Error('no room')) }), step('four')]
  const run = runSteps(list, applied, { clock: new FakeClock(), signal: new AbortController().signal, onProgress: progress => told.push(`${progress.step} ${progress.state}`) })
  await expect(run).rejects.toMatchObject({ reason: 'StepFailed', message: 'three: no room' })
  expect(applied).toEqual(['one'])
  expect(told).toEqual(['one started', 'one done', 'two started', 'two skipped', 'three started', 'three failed'])
})
