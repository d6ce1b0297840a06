/** The story room in a real Chromium: a story from a file, its steps, what led to them, replay, table, accessibility. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Story, StoryStep } from '../../electron/contract/stories.ts'
import { storyFormat } from '../../electron/contract/stories.ts'
import { startFakeLabHost } from '../fakes/fake-lab-host.ts'
import { pageDir } from './chromium.ts'
import { useGuiPage, violationsOf } from './gui-page.ts'

const object = { id: 'deployments.apps/default/web', group: 'apps', resource: 'deployments', namespace: 'default', name: 'web', uid: 'u', parent: null }

function step(id: string, lane: StoryStep['lane'], at: number, cause: string | null, more: Partial<StoryStep> = {}): StoryStep {
  return { id, lane, component: 'kube-apiserver', node: null, startMs: 1_795_822_500_000 + at, durationMs: 2, object: object.id, causes: cause === null ? [] : [cause], why: { key: 'admitted', words: {} }, read: null, wrote: null, error: null, details: {}, source: 'span', ...more }
}

const story: Story = {
  format: storyFormat, lab: 'default', object, objects: [object, { ...object, id: 'replicasets.apps/default/web-1', resource: 'replicasets', name: 'web-1', parent: object.id }], silent: [],
  steps: [
    step('a', 'client', 0, null, { why: { key: 'clientAsks', words: { user: 'admin', verb: 'create', what: object.id, agent: 'kubectl' } } }),
    step('b', 'authentication', 1, 'a', { why: { key: 'authenticated', words: { user: 'admin' } } }),
    step('c', 'store', 5, 'b', { why: { key: 'stored', words: { revision: '12' } }, wrote: { object: object.id, revision: 12, changes: [{ path: 'spec.replicas', before: '1', after: '3' }] } }),
    step('d', 'reconcile', 20, 'c', { component: 'kube-controller-manager', why: { key: 'reconciled', words: { controller: 'deployment-controller', object: object.id, outcome: 'done' } }, details: { 'controller.outcome': 'done' } }),
    step('e', 'kubelet', 90, null, { component: 'kubelet', node: 'node-1', error: 'image not found', why: { key: 'synced', words: { node: 'node-1', phase: 'syncing' } } }),
  ],
}

describe('the story room', () => {
  const gui = useGuiPage(() => startFakeLabHost(pageDir), '#/story', 'Story')

  const openStory = async (text = JSON.stringify(story)): Promise<void> => {
    await gui.page.locator('input[type="file"]').setInputFiles({ name: 'web.story.json', mimeType: 'application/json', buffer: Buffer.from(text) })
  }

  test('"what did the deployment controller do?": the step says so, and what led to it back to the client', async () => {
    await openStory()
    await gui.page.locator('[data-step="d"]').click()
    expect(await gui.page.locator('[data-why]').innerText()).toBe('deployment-controller compared what is wanted of deployments.apps/default/web with what is there: done.')
    expect(await gui.page.locator('[data-step].faded').evaluateAll(bars => bars.map(bar => (bar as unknown as { dataset: { step: string } }).dataset.step))).toEqual(['e'])
    await gui.page.getByRole('button', { name: 'The store took the write as revision 12.' }).click()
    expect(await gui.page.getByRole('row', { name: /spec.replicas/ }).innerText()).toMatch(/− 1\s+\+ 3/)
  })

  test('the keyboard goes from step to step, and the table says the same as the time line', async () => {
    await openStory()
    await gui.page.getByRole('group', { name: /Time line of 5 steps/ }).focus()
    await gui.page.keyboard.press('ArrowRight')
    await gui.page.keyboard.press('ArrowRight')
    expect(await gui.page.locator('[data-why]').innerText()).toContain('this is admin')
    await gui.page.getByRole('button', { name: 'Table', exact: true }).click()
    expect(await gui.page.locator('[data-row]').count()).toBe(5)
    expect(await gui.page.locator('[data-row="b"]').getAttribute('aria-selected')).toBe('true')
  })

  test('it is replayed from its beginning, a step at a time or as it went', async () => {
    await openStory()
    for (let back = 0; back < 3; back++) await gui.page.getByRole('button', { name: 'One step back' }).click()
    expect(await gui.page.locator('[data-count]').innerText()).toBe('2 of 5 steps')
    expect(await gui.page.locator('[data-step]').count()).toBe(2)
    await gui.page.getByRole('button', { name: 'Play' }).click()
    await expect.poll(() => gui.page.locator('[data-count]').innerText()).toBe('5 of 5 steps')
  })

  test('what is exported is what was opened, and a file that is no story is refused', async () => {
    await openStory('{"steps": 1}')
    await gui.page.getByText('The file is no story that this version can read.').waitFor()
    await openStory()
    const [download] = await Promise.all([gui.page.waitForEvent('download'), gui.page.getByRole('button', { name: 'Export' }).click()])
    expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toEqual(story)
  })

  test('following asks the lab host for what was named', async () => {
    await gui.page.getByLabel('Object').fill('deployment/web')
    await gui.page.getByRole('button', { name: 'Follow', exact: true }).click()
    await expect.poll(() => gui.host.calls.filter(({ name }) => name === 'stories/find')).toEqual([{ name: 'stories/find', arguments: { lab: 'default', kind: 'deployment', namespace: 'default', name: 'web' } }])
  })

  test('requests are folded, and objects not looked at take their steps along', async () => {
    await openStory()
    await gui.page.getByRole('button', { name: 'Requests folded' }).click()
    expect(await gui.page.locator('[data-step]').evaluateAll(bars => bars.map(bar => (bar as unknown as { dataset: { step: string } }).dataset.step))).toEqual(['a', 'd', 'e'])
    await gui.page.locator('[data-step="a"]').click()
    expect(await gui.page.getByRole('row', { name: /spec.replicas/ }).innerText()).toMatch(/− 1\s+\+ 3/)
    await gui.page.getByLabel('deployments.apps/default/web', { exact: true }).uncheck()
    await gui.page.locator('[data-step]').first().waitFor({ state: 'detached' })
    await gui.page.getByRole('button', { name: 'Every step' }).click()
    await gui.page.getByLabel('deployments.apps/default/web', { exact: true }).check()
    expect(await gui.page.locator('[data-step]').count()).toBe(5)
  })

  test('an object without a namespace has a story too', async () => {
    await gui.page.evaluate(`location.hash = '#/story/nodes/-/node-1'`)
    await expect.poll(() => gui.host.calls.filter(({ name }) => name === 'stories/find').map(call => call.arguments)).toEqual([{ lab: 'default', kind: 'nodes', namespace: null, name: 'node-1' }])
  })

  test('it has no accessibility violation, in both themes and three languages', async () => {
    await openStory()
    await gui.page.locator('[data-step="c"]').click()
    expect(await violationsOf(gui.page, 'gui-story', { all: async () => {} })).toEqual([])
  })
})
