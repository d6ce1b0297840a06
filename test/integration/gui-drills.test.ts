/** The room of drills in a real Chromium: what a drill says, its impact, a run as it goes, its verdict, earlier runs, reports. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { DrillImpact, DrillRun, DrillSummary } from '../../electron/contract/drills.ts'
import { startFakeLabHost, twoNodeLab } from '../fakes/fake-lab-host.ts'
import { pageDir } from './chromium.ts'
import { useGuiPage, violationsOf } from './gui-page.ts'

const all = (text: string) => ({ 'en': text, 'zh-Hant': `演練 ${text}`, 'zh-Hans': `演练 ${text}` })

function drill(name: string, title: string): DrillSummary {
  return { name, title: all(title), hypothesis: all(`${title} is noticed.`), explanation: all(`${title} happens inside.`), repair: [`kubectl -n drill-${name} get endpointslices`], needs: { nodes: 1, providers: null }, durationMs: 40_000, probes: ['web answers', 'pods are ready'] }
}

const shelf: readonly DrillSummary[] = [drill('selector', 'A Service that selects nobody'), { ...drill('node-away', 'A node goes away'), needs: { nodes: 3, providers: ['qemu'] } }]

const impact: DrillImpact = {
  injections: [{ atMs: 0, kind: 'service-selector-wrong', target: { type: 'object', namespace: 'default', name: 'web' }, parameters: {}, durationMs: null }],
  nodes: ['node-1'], pods: ['default/web-1', 'default/web-2'], services: ['default/web'], later: ['pod-delete $victim'],
}

function run(id: string, change: Partial<DrillRun> = {}): DrillRun {
  return {
    id, drill: 'selector', title: shelf[0]!.title, seed: 7, repair: 'expert', phase: 'breaking', startedAt: '2026-01-01T00:00:00.000Z', brokenAt: '2026-01-01T00:00:05.000Z', endedAt: null, durationMs: 40_000, chosen: { namespace: 'drill-selector', seed: '7' },
    injections: impact.injections,
    samples: { 'web answers': [{ atMs: -2_000, ok: true, seen: 'HTTP 200' }, { atMs: 1_000, ok: false, seen: 'connection refused' }], 'pods are ready': [{ atMs: -2_000, ok: true, seen: '2' }] },
    marks: [{ atMs: -5_000, kind: 'phase', text: 'preparing' }, { atMs: 0, kind: 'phase', text: 'breaking' }, { atMs: 0, kind: 'fault', text: 'service-selector-wrong default/web' }],
    checks: [{ probe: 'web answers', rule: 'fails within 10 s', weight: 1, met: true, evidence: 'failed 1 s after the first fault' }, { probe: 'web answers', rule: 'holds again within 30 s', weight: 3, met: null, evidence: 'not yet' }],
    score: null, verdict: null, problem: null, ...change,
  }
}

const over = run('drill-live', {
  phase: 'over', verdict: 'passed', score: 100, endedAt: '2026-01-01T00:01:00.000Z',
  samples: { 'web answers': [{ atMs: -2_000, ok: true, seen: 'HTTP 200' }, { atMs: 1_000, ok: false, seen: 'connection refused' }, { atMs: 13_000, ok: true, seen: 'HTTP 200' }, { atMs: 40_000, ok: true, seen: 'HTTP 200' }] },
  marks: [...run('').marks, { atMs: 12_000, kind: 'repair', text: 'merge services/web' }, { atMs: 20_000, kind: 'event', text: 'Warning FailedToUpdateEndpoint' }, { atMs: 40_000, kind: 'heal', text: 'every fault of the drill is healed' }, { atMs: 45_000, kind: 'phase', text: 'over' }],
  checks: run('').checks.map(check => ({ ...check, met: true })),
})
const earlier = { ...over, id: 'drill-old', seed: 3, verdict: 'failed', score: 25, repair: 'none' } as const

describe('the room of drills', () => {
  const gui = useGuiPage(async () => {
    const host = await startFakeLabHost(pageDir, [twoNodeLab], {}, {
      'faults/kinds': () => [],
      'drills/list': () => shelf,
      'drills/read': () => drill('mine', 'A drill of my own'),
      'drills/preview': () => impact,
      'drills/run': () => run('drill-live'),
      'drills/stop': () => over,
      'drills/runs': () => [{ ...earlier, samples: {} }],
      'drills/report': (given: { id: string; form: string }) => ({ text: given.form === 'html' ? '<!doctype html><title>report</title>' : JSON.stringify(given.id === earlier.id ? earlier : over) }),
    })
    host.say('drills/state', null)
    return host
  }, '#/drills', 'Drills')

  const about = () => gui.page.locator('[data-about]')
  const shown = () => gui.page.locator('[data-run]')
  const begin = async (): Promise<void> => {
    await gui.page.locator('[data-drill="selector"]').click()
    await about().getByRole('spinbutton', { name: 'Seed' }).fill('7')
    await about().getByRole('button', { name: 'the expert' }).click()
    await about().getByRole('button', { name: 'Run', exact: true }).click()
    gui.host.say('drills/state', run('drill-live'))
    await shown().waitFor()
  }

  test('a drill is found by words and says what it is about; what an expert would do is hidden until asked for', async () => {
    await gui.page.getByRole('searchbox', { name: 'Find a drill' }).fill('selects')
    await gui.page.getByText('1 of 2 drills').waitFor()
    await gui.page.locator('[data-drill="selector"]').focus()
    await gui.page.keyboard.press('Enter')
    await about().waitFor()
    expect(await about().innerText()).toContain('A Service that selects nobody is noticed.')
    expect(await about().locator('[data-commands]').count()).toBe(0)
    await about().getByRole('button', { name: 'Show what an expert would do' }).click()
    expect(await about().locator('[data-commands]').innerText()).toContain('kubectl -n drill-selector get endpointslices')
    expect(await about().locator('[data-lacks]').count()).toBe(0)
    await gui.page.getByRole('searchbox', { name: 'Find a drill' }).fill('')
    await gui.page.locator('[data-drill="node-away"]').click()
    expect(await about().locator('[data-lacks]').innerText()).toContain('has 2 such nodes, and it needs 3')
  })

  test('before it starts it is said what it would touch', async () => {
    await gui.page.locator('[data-drill="selector"]').click()
    await about().getByRole('button', { name: 'Look before it starts' }).click()
    await about().locator('[data-impact]').waitFor()
    expect(await about().locator('[data-reach-pods]').innerText()).toBe('default/web-1, default/web-2')
    expect(await about().locator('[data-reach-services]').innerText()).toBe('default/web')
    await about().getByText('pod-delete $victim').waitFor()
    expect(gui.asked('drills/preview')).toEqual([{ lab: 'default', drill: { name: 'selector' }, seed: null }])
    expect(gui.asked('drills/run')).toEqual([])
  })

  test('a run is followed as it goes: phase, stretches of probes, checks as they are decided; then verdict and score', async () => {
    await gui.page.locator('[data-drill="selector"]').click()
    await about().getByRole('spinbutton', { name: 'Seed' }).fill('1.5')
    await expect.poll(() => about().getByRole('button', { name: 'Run', exact: true }).isDisabled()).toBe(true)
    await begin()
    expect(gui.asked('drills/run')).toEqual([{ lab: 'default', drill: { name: 'selector' }, seed: 7, repair: 'expert' }])
    expect(await gui.page.locator('[data-verdict]').innerText()).toContain('breaking')
    const tones = async (row: string): Promise<readonly (string | null)[]> => Promise.all((await gui.page.locator(`[data-row="${row}"] .bar`).all()).map(async bar => (await bar.getAttribute('class'))!.replace('bar ', '')))
    expect(await tones('web answers')).toEqual(['held', 'failed'])
    expect(await tones('service-selector-wrong')).toEqual(['fault'])
    expect(await gui.page.locator('[data-probe="web answers"]').innerText()).toContain('connection refused')
    expect((await gui.page.locator('[data-check="web answers"] .pill').allInnerTexts()).map(text => text.replaceAll(/\s+/g, ' '))).toEqual(['● yes', '○ open'])
    gui.host.say('drills/state', over)
    await gui.page.getByText('100 of 100').waitFor()
    expect(await gui.page.locator('[data-verdict]').innerText()).toContain('passed')
    expect(await tones('web answers')).toEqual(['held', 'failed', 'held'])
    expect(await gui.page.locator('[data-row="repair"] .mark').count()).toBe(1)
    await shown().getByRole('button', { name: 'Table', exact: true }).click()
    expect(await gui.page.locator('[data-mark="repair"]').innerText()).toContain('merge services/web')
    await shown().getByRole('row', { name: /web answers\s+1 s\s+1 s\s+no, 1 times\s+connection refused/ }).waitFor()
  })

  test('it is stopped by one button', async () => {
    await begin()
    await shown().getByRole('button', { name: 'Stop, and put everything back' }).click()
    await expect.poll(() => gui.asked('drills/stop')).toEqual([{ lab: 'default' }])
  })

  test('earlier runs open with their whole course, are kept as files, and run again with their seed', async () => {
    gui.host.say('drills/state', over)
    await gui.page.getByRole('tab', { name: 'Past runs (1)' }).click()
    await gui.page.locator('[data-past="drill-old"]').getByRole('button').click()
    await gui.page.locator('[data-run="drill-old"]').waitFor()
    expect(await gui.page.locator('[data-verdict]').innerText()).toContain('failed')
    expect(await gui.page.locator('[data-row="web answers"] .bar').count()).toBe(3)
    const [html] = await Promise.all([gui.page.waitForEvent('download'), shown().getByRole('button', { name: 'Report as HTML' }).click()])
    expect(html.suggestedFilename()).toBe('drill-old.html')
    expect(readFileSync(await html.path(), 'utf8')).toContain('<title>report</title>')
    const [json] = await Promise.all([gui.page.waitForEvent('download'), shown().getByRole('button', { name: 'Report as JSON' }).click()])
    expect((JSON.parse(readFileSync(await json.path(), 'utf8')) as DrillRun).id).toBe('drill-old')
    await gui.page.getByRole('button', { name: 'Back to the last run' }).click()
    await gui.page.locator('[data-run="drill-live"]').waitFor()
    await gui.page.getByRole('tab', { name: 'Past runs (1)' }).click()
    await gui.page.locator('[data-past="drill-old"]').getByRole('button').click()
    await shown().getByRole('button', { name: 'Again with this seed' }).click()
    expect(await about().getByRole('spinbutton', { name: 'Seed' }).inputValue()).toBe('3')
  })

  test('a drill of one\'s own is read from a file and run as it is', async () => {
    await gui.page.locator('input[type="file"]').setInputFiles({ name: 'mine.yaml', mimeType: 'application/yaml', buffer: Buffer.from('kind: Drill') })
    await gui.page.locator('[data-about="mine"]').waitFor()
    expect(await about().locator('.go code').innerText()).toBe('kubarium drill run --file mine.yaml')
    await about().getByRole('button', { name: 'Run', exact: true }).click()
    await expect.poll(() => gui.asked('drills/run')).toEqual([{ lab: 'default', drill: { file: 'mine.yaml', text: 'kind: Drill' }, seed: null, repair: 'none' }])
  })

  test('the result leads back to before it broke, where the lab could be saved; else it says by name why not', async () => {
    await begin()
    gui.host.say('checkpoints/state', { checkpoints: [], current: null, sizeBytes: 0, damaged: [] })
    gui.host.say('drills/state', { ...over, before: { checkpoint: 'auto-1' } })
    await shown().locator('[data-no-rewind]').getByText('auto-1, is not there any more').waitFor()
    gui.host.say('checkpoints/state', { checkpoints: [{ name: 'auto-1', lab: 'default', reason: 'drill', takenAt: '2026-01-01T00:00:00Z', nodes: [], machines: [], standstillMs: 1, elapsedMs: 1, sizeBytes: 1, ownBytes: 1 }], current: null, sizeBytes: 1, damaged: [] })
    await shown().getByRole('button', { name: 'Rewind to before it broke' }).click()
    expect(gui.asked('checkpoints/rewind')).toEqual([])
    await gui.page.getByRole('alertdialog').getByRole('button', { name: 'Rewind to before it broke' }).click()
    await expect.poll(() => gui.asked('checkpoints/rewind')).toEqual([{ lab: 'default', name: 'auto-1' }])
    gui.host.say('drills/state', { ...over, before: { reason: 'node-1 cannot be saved: it is made by the provider namespace' } })
    await shown().locator('[data-no-rewind]').getByText('made by the provider namespace').waitFor()
  })

  test('it has no accessibility violation, in both themes and three languages', async () => {
    await gui.page.locator('[data-drill="selector"]').click()
    await about().getByRole('button', { name: 'Look before it starts' }).click()
    await about().locator('[data-impact]').waitFor()
    gui.host.say('drills/state', over)
    const tab = (index: number) => () => gui.page.getByRole('tab').nth(index).click()
    expect(await violationsOf(gui.page, 'gui-drills', { about: tab(0), run: tab(1), past: tab(2) })).toEqual([])
  })
})
