/** The room of checkpoints in a real Chromium: the time line, saving, going back, going on beside it, accessibility. */
import { describe, expect, test } from 'vitest'
import type { CheckpointList, CheckpointSettings, CheckpointState } from '../../electron/contract/checkpoints.ts'
import type { LabComparison } from '../../electron/contract/lab-comparison.ts'
import { startFakeLabHost, twoNodeLab } from '../fakes/fake-lab-host.ts'
import { pageDir } from './chromium.ts'
import { useGuiPage, violationsOf } from './gui-page.ts'

function saved(name: string, change: Partial<CheckpointState> = {}): CheckpointState {
  return { name, lab: 'default', reason: 'asked', takenAt: '2026-01-01T10:00:00.000Z', nodes: ['node-1', 'node-2'], machines: ['node-1', 'node-2'], standstillMs: 1_400, elapsedMs: 6_200, sizeBytes: 700 * 1024 ** 2, ownBytes: 120 * 1024 ** 2, ...change }
}

const list: CheckpointList = {
  checkpoints: [saved('fresh', { reason: 'golden' }), saved('before-lesson'), saved('drill-1', { reason: 'drill' })], current: 'before-lesson', sizeBytes: 1024 ** 3,
  damaged: [{ name: 'torn', problem: 'the manifest of checkpoint torn is missing' }],
}

const comparison: LabComparison = {
  objects: [{ kind: 'Pod', resource: 'pods', namespace: 'shop', name: 'gone', state: 'only-here', changes: [] }, { kind: 'Deployment', resource: 'deployments.apps', namespace: 'shop', name: 'web', state: 'differs', changes: [{ path: 'spec.replicas', from: 3, to: 1 }] }],
  same: 61, events: [{ about: 'Pod shop/web-1', type: 'Warning', reason: 'BackOff', message: 'Back-off restarting failed container', countHere: 4, countThere: 0 }],
  metrics: [{ component: 'kube-scheduler', family: 'scheduler_schedule_attempts_total', here: 3, there: null }], leftOut: { objects: 0, events: 0, metrics: 0 },
}

describe('the room of checkpoints', () => {
  let settings: CheckpointSettings
  const gui = useGuiPage(async () => {
    settings = { beforeDrills: false, keepAutomatic: 3 }
    const host = await startFakeLabHost(pageDir, [twoNodeLab, { ...twoNodeLab, spec: { ...twoNodeLab.spec, name: 'other' } }], {}, {
      'labs/compare': () => comparison,
      'checkpoints/settings': (given: { change: Partial<CheckpointSettings> }) => (settings = { ...settings, ...given.change }),
      'checkpoints/save': (given: { name: string | null }) => ({ action: 'a1', name: given.name ?? 'by-time' }),
      'checkpoints/rewind': () => ({ action: 'a2' }),
      'checkpoints/branch': () => ({ action: 'a3' }),
      'checkpoints/delete': () => ({ freedBytes: 1 }),
      'checkpoints/verify': (given: { name: string }) => ({ problem: given.name === 'fresh' ? null : 'memory of node-1 is not what was saved' }),
    })
    host.say('checkpoints/state', list)
    return host
  }, '#/checkpoints', 'Checkpoints')
  const moment = (name: string) => gui.page.locator(`[data-checkpoint="${name}"]`)

  test('the time line goes from now back to the first, says where the lab goes on from, and what cannot be used', async () => {
    await moment('fresh').waitFor()
    expect(await gui.page.locator('[data-checkpoint]').evaluateAll(items => items.map(item => (item as unknown as { dataset: { checkpoint: string } }).dataset.checkpoint))).toEqual(['drill-1', 'before-lesson', 'fresh'])
    expect(await moment('before-lesson').innerText()).toContain('The lab goes on from here')
    expect(await moment('fresh').innerText()).toMatch(/golden[\s\S]*2 virtual machines · stood still for 1.4 s · taken in 6.2 s · 700 MiB, 120 MiB of it its own/)
    await gui.page.getByText('the manifest of checkpoint torn is missing').waitFor()
  })

  test('going back is asked once more, and the same command of the shell is said', async () => {
    await gui.page.getByRole('button', { name: 'Rewind to fresh' }).click()
    const dialog = gui.page.getByRole('alertdialog', { name: 'Rewind default to fresh?' })
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    expect(gui.asked('checkpoints/rewind')).toEqual([])
    await gui.page.getByRole('button', { name: 'Rewind to fresh' }).click()
    await dialog.getByRole('button', { name: 'Rewind' }).click()
    await expect.poll(() => gui.asked('checkpoints/rewind')).toEqual([{ lab: 'default', name: 'fresh' }])
    await gui.page.getByText('kubarium checkpoint rewind fresh').waitFor()
  })

  test('a branch needs a name that no lab has', async () => {
    await gui.page.getByRole('button', { name: 'Branch from before-lesson' }).click()
    const name = gui.page.getByLabel('Name of the second lab')
    const start = gui.page.getByRole('button', { name: 'Start it' })
    await name.fill('Not A Name')
    expect(await start.isDisabled()).toBe(true)
    await name.fill('default')
    await gui.page.getByText('There is a lab of this name already.').waitFor()
    expect(await start.isDisabled()).toBe(true)
    await name.fill('third')
    await start.click()
    await expect.poll(() => gui.asked('checkpoints/branch')).toEqual([{ lab: 'default', name: 'before-lesson', as: 'third' }])
  })

  test('saving by the time or by a name, verifying, deleting, and what is done by itself', async () => {
    await gui.page.getByRole('button', { name: 'Save', exact: true }).click()
    await gui.page.getByLabel('Name', { exact: true }).fill('good')
    await gui.page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect.poll(() => gui.asked('checkpoints/save')).toEqual([{ lab: 'default', name: null }, { lab: 'default', name: 'good' }])
    await gui.page.getByRole('button', { name: 'Verify fresh' }).click()
    await moment('fresh').getByText('Every file is as it was saved.').waitFor()
    await gui.page.getByRole('button', { name: 'Verify drill-1' }).click()
    await moment('drill-1').getByText('memory of node-1 is not what was saved').waitFor()
    await gui.page.getByRole('button', { name: 'Delete drill-1' }).click()
    await gui.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => gui.asked('checkpoints/delete')).toEqual([{ lab: 'default', name: 'drill-1' }])
    await gui.page.getByLabel('Save one before every drill').check()
    await expect.poll(() => gui.asked('checkpoints/settings')).toEqual([{ lab: 'default', change: {} }, { lab: 'default', change: { beforeDrills: true } }])
    await gui.page.getByText('kubarium checkpoint settings --before-drills on').waitFor()
  })

  test('two branches are compared: objects field by field, events, metrics', async () => {
    await gui.page.getByLabel('with lab').selectOption('other')
    await gui.page.getByRole('button', { name: 'Compare' }).click()
    const dialog = gui.page.getByRole('dialog', { name: 'default beside other' })
    expect(gui.asked('labs/compare')).toEqual([{ lab: 'default', with: 'other' }])
    expect(await dialog.locator('[data-difference="web"]').innerText()).toMatch(/Deployment shop\/web\s+in both\s+spec.replicas: 3 → 1/)
    expect(await dialog.locator('[data-difference="gone"]').innerText()).toContain('only in default')
    await dialog.getByRole('tab', { name: 'Events (1)' }).click()
    await dialog.getByText('Back-off restarting').waitFor()
    await dialog.getByRole('tab', { name: 'Metrics (1)' }).click()
    expect(await dialog.getByRole('row').last().innerText()).toMatch(/kube-scheduler\s+scheduler_schedule_attempts_total\s+3\s+–/)
    await dialog.getByText('kubarium compare other').waitFor()
  })

  test('it has no accessibility violation, in both themes and three languages', async () => {
    await moment('fresh').waitFor()
    expect(await violationsOf(gui.page, 'gui-checkpoints', { all: async () => {} })).toEqual([])
  })
})
