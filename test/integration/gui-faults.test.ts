/** The room of faults in a real Chromium: find one, aim it, inject and heal it, badges, accessibility. */
import { describe, expect, test } from 'vitest'
import type { FaultKind, FaultState } from '../../electron/contract/faults.ts'
import { fakePod, startFakeLabHost, twoNodeLab } from '../fakes/fake-lab-host.ts'
import { pageDir } from './chromium.ts'
import { useGuiPage, violationsOf } from './gui-page.ts'

function kind(name: string, title: string, change: Partial<FaultKind>): FaultKind {
  const texts = { title, effect: `${title} happens.`, evidence: `${title} is seen.`, healing: `${title} ends.` }
  const chinese = { ...texts, title: `故障 ${name}` }
  return { name, group: 'component', target: 'component', resource: null, components: null, parameters: [], lasts: true, providers: null, ...texts, texts: { en: texts, 'zh-Hant': chinese, 'zh-Hans': chinese }, ...change }
}

const kinds: readonly FaultKind[] = [
  kind('scheduler-slow', 'Slow scheduler', { group: 'scheduler', components: ['kube-scheduler'], parameters: [{ name: 'ms', type: 'number', unit: 'ms', least: 1, most: 60_000, default: 500 }, { name: 'point', type: 'choice', choices: ['filter', 'score'], default: 'filter' }, { name: 'only', type: 'text', default: '' }] }),
  kind('component-kill', 'Killed component', { lasts: false }),
  kind('link-loss', 'Lost packets', { group: 'network', target: 'link', parameters: [{ name: 'percent', type: 'number', unit: '%', least: 0, most: 100, default: 5 }] }),
  kind('pod-delete', 'Deleted pod', { group: 'workload', target: 'object', resource: 'pods', lasts: false }),
  kind('machine-freeze', 'Frozen machine', { group: 'machine', target: 'node', providers: ['elsewhere'] }),
]

function fault(id: string, change: Partial<FaultState>): FaultState {
  return { id, kind: 'scheduler-slow', target: { type: 'component', name: 'kube-scheduler' }, parameters: { ms: 500 }, phase: 'active', startedAt: '2026-01-01T00:00:00.000Z', endsAt: null, healedAt: null, end: null, problem: null, ...change }
}

describe('the room of faults', () => {
  const gui = useGuiPage(async () => {
    const host = await startFakeLabHost(pageDir, [twoNodeLab], { pods: [fakePod('web-1', 'node-1', '10.244.1.5'), fakePod('web-2', 'node-2', '10.244.2.5')] }, {
      'faults/kinds': () => kinds,
      'faults/inject': (given: { kind: string }) => fault('fault-1', { kind: given.kind }),
      'faults/preview': (given: { target: { name: string } }) => ({ nodes: [], pods: [`default/${given.target.name}`], services: ['default/web'] }),
      'faults/heal': () => [],
    })
    host.say('faults/state', [])
    return host
  }, '#/faults', 'Faults')

  const form = () => gui.page.locator('[data-fault]')

  test('a fault is found by words and by keys, and says what it does before anything is broken', async () => {
    await gui.page.getByRole('searchbox', { name: 'Find a fault' }).fill('slow sched')
    await gui.page.getByText('1 of 5 faults').waitFor()
    await gui.page.keyboard.press('ArrowDown')
    await gui.page.keyboard.press('Enter')
    await form().waitFor()
    const text = await form().innerText()
    for (const sentence of ['Slow scheduler happens.', 'Slow scheduler is seen.', 'Slow scheduler ends.', '1 to 60000 ms']) expect(text).toContain(sentence)
    expect(gui.asked('faults/inject')).toEqual([])
  })

  test('arrows go from one fault to the next, in the order of the groups', async () => {
    await gui.page.locator('[data-kind="machine-freeze"]').focus()
    await gui.page.keyboard.press('ArrowDown')
    await gui.page.keyboard.press('Enter')
    await expect.poll(() => form().getAttribute('data-fault')).toBe('component-kill')
    expect(await gui.page.locator('[data-kind][tabindex="0"]').count()).toBe(1)
  })

  test('what is injected is what the form says, and so is the command', async () => {
    await gui.page.locator('[data-kind="scheduler-slow"]').click()
    expect(await form().getByLabel('Component').locator('option').allInnerTexts()).toEqual(['kube-scheduler'])
    await form().getByLabel('ms', { exact: true }).fill('0')
    await expect.poll(() => form().getByRole('button', { name: 'Inject', exact: true }).isDisabled()).toBe(true)
    await form().getByLabel('ms', { exact: true }).fill('750')
    await form().getByLabel('point').selectOption('score')
    await form().getByLabel('Seconds').fill('30')
    expect(await form().locator('code').last().innerText()).toBe('kubarium fault inject scheduler-slow kube-scheduler --set ms=750 point=score --for 30s')
    await form().getByRole('button', { name: 'Inject', exact: true }).click()
    await expect.poll(() => gui.asked('faults/inject')).toEqual([{ lab: 'default', kind: 'scheduler-slow', target: { type: 'component', name: 'kube-scheduler' }, parameters: { ms: 750, point: 'score', only: '' }, durationMs: 30_000 }])
    await gui.page.getByText('What you just clicked, as a command').waitFor()
  })

  test('a link and an object are chosen out of what the lab has; what it cannot have says what is wanted', async () => {
    await gui.page.locator('[data-kind="link-loss"]').click()
    await form().getByLabel('From').selectOption('node-2')
    await form().getByLabel('To').selectOption('any node')
    await form().getByLabel('both ways').uncheck()
    await form().getByLabel('until it is healed').check()
    await form().getByRole('button', { name: 'Inject', exact: true }).click()
    await expect.poll(() => gui.asked('faults/inject').at(-1)).toEqual({ lab: 'default', kind: 'link-loss', target: { type: 'link', from: 'node-2', to: '*', bothWays: false }, parameters: { percent: 5 }, durationMs: null })
    await gui.page.locator('[data-kind="pod-delete"]').click()
    await form().getByRole('button', { name: 'Look before it starts' }).click()
    await form().locator('[data-reach-pods]').getByText('default/web-1').waitFor()
    await form().getByRole('combobox', { name: 'Pod' }).selectOption('web-2')
    await expect.poll(() => form().locator('[data-reach]').count()).toBe(0) // it was of the other
    await form().getByRole('button', { name: 'Inject', exact: true }).click()
    await expect.poll(() => gui.asked('faults/inject').at(-1)).toEqual({ lab: 'default', kind: 'pod-delete', target: { type: 'object', namespace: 'default', name: 'web-2' }, parameters: {}, durationMs: null })
    await gui.page.locator('[data-kind="machine-freeze"]').click()
    await form().getByText('Wanted: elsewhere.').waitFor()
  })

  test('what was chosen on the map is aimed at: only faults that strike it are offered, and it is chosen already', async () => {
    await gui.page.evaluate(`location.hash = '#/faults?aim=pods/default/web-2'`)
    await gui.page.getByText('1 of 1 faults').waitFor()
    await gui.page.locator('[data-kind="pod-delete"]').click()
    await form().getByRole('button', { name: 'Inject', exact: true }).click()
    await expect.poll(() => gui.asked('faults/inject')).toMatchObject([{ kind: 'pod-delete', target: { type: 'object', namespace: 'default', name: 'web-2' } }])
    await gui.page.evaluate(`location.hash = '#/faults/component-kill?aim=nodes/node-2'`)
    await gui.page.getByText('3 of 3 faults').waitFor()
    await expect.poll(() => form().getByRole('combobox', { name: 'Component' }).inputValue()).toBe('containerd@node-2')
    await gui.page.getByRole('link', { name: 'Offer faults of anything' }).click()
    await gui.page.getByText('5 of 5 faults').waitFor()
  })

  test('running faults are shown as they are reported, counted at the rooms that they concern, and healed', async () => {
    gui.host.say('faults/state', [
      fault('fault-1', { endsAt: new Date(Date.now() + 90_000).toISOString() }),
      fault('fault-2', { kind: 'link-loss', target: { type: 'link', from: '*', to: 'node-1', bothWays: true }, parameters: { percent: 5 }, phase: 'healing', problem: 'node-1 does not answer' }),
      fault('fault-3', { phase: 'over', end: 'time', healedAt: '2026-01-01T00:01:00.000Z' }),
    ])
    await gui.page.locator('[data-running="fault-1"]').getByText(/1:\d\d left/).waitFor()
    expect(await gui.page.locator('[data-running="fault-2"]').innerText()).toContain('node-1 does not answer')
    expect(await gui.page.locator('[data-over="fault-3"]').innerText()).toContain('its time was over')
    const counts = Object.fromEntries(await Promise.all((await gui.page.locator('nav a:has([data-struck])').all()).map(async link => [await link.locator('.name').innerText(), await link.locator('[data-struck] .visually-hidden').innerText()])))
    expect(counts).toEqual({ Faults: 'running faults: 2', Scheduler: 'running faults: 1', Network: 'running faults: 1' })
    await gui.page.getByRole('button', { name: 'Heal Slow scheduler of kube-scheduler' }).click()
    await expect.poll(() => gui.asked('faults/heal')).toEqual([{ lab: 'default', id: 'fault-1' }])
    await gui.page.getByRole('button', { name: 'Heal all' }).click()
    await expect.poll(() => gui.asked('faults/heal').at(-1)).toEqual({ lab: 'default', id: null })
    await gui.page.keyboard.press('Control+k')
    await gui.page.keyboard.type('heal all running')
    await gui.page.keyboard.press('Enter')
    await expect.poll(() => gui.asked('faults/heal').length).toBe(3)
    gui.host.say('faults/state', [])
    await gui.page.getByText('Nothing is broken on purpose.').waitFor()
    expect(await gui.page.locator('[data-struck]').count()).toBe(0)
  })

  test('it has no accessibility violation, in both themes and three languages', async () => {
    gui.host.say('faults/state', [fault('fault-1', {}), fault('fault-2', { phase: 'over', end: 'asked', healedAt: '2026-01-01T00:01:00.000Z' })])
    await gui.page.locator('[data-kind="scheduler-slow"]').click()
    await form().getByLabel('ms', { exact: true }).fill('0')
    expect(await violationsOf(gui.page, 'gui-faults', { all: async () => {} })).toEqual([])
  })
})
