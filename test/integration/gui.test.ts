/** The page in a real Chromium against a made-up lab host: what it shows, what it asks, that it is reachable to all. */
import AxeBuilder from '@axe-core/playwright'
import { describe, expect, test } from 'vitest'
import { fakePod, rowOf, startFakeLabHost, twoNodeLab } from '../fakes/fake-lab-host.ts'
import { pageDir, screenshot } from './chromium.ts'
import { useGuiPage } from './gui-page.ts'

describe('the page', () => {
  const gui = useGuiPage(() => startFakeLabHost(pageDir, [twoNodeLab], { pods: [fakePod('web-1', 'node-1', '10.244.1.5'), fakePod('web-2', 'node-2', '10.244.2.5')], services: [] }), '', 'default')

  test('shows nodes and components as they are reported, and as they change', async () => {
    await expect.poll(() => gui.page.locator('[data-node]').count()).toBe(2)
    const scheduler = gui.page.locator('[data-component="kube-scheduler"]')
    expect(await scheduler.innerText()).toContain('ready')
    gui.host.become(state => ({ ...state, components: state.components.map(one => (one.name === 'kube-scheduler' ? { ...one, phase: 'crashed', restarts: 1, lastError: 'killed by signal 9' } : one)) }))
    await expect.poll(() => scheduler.innerText()).toContain('crashed')
    expect(await scheduler.innerText()).toContain('killed by signal 9')
  })

  test('asks the lab host, and does not guess what comes of it', async () => {
    await gui.page.getByRole('button', { name: 'Kill kube-scheduler' }).click()
    await expect.poll(() => gui.host.calls.filter(call => call.name === 'components/kill')).toEqual([{ name: 'components/kill', arguments: { lab: 'default', component: 'kube-scheduler' } }])
    expect(await gui.page.locator('[data-component="kube-scheduler"]').innerText()).toContain('ready')
  })

  test('pulling the plug is asked once more, and the action is followed', async () => {
    await gui.page.locator('[data-node="node-2"]').getByRole('button', { name: 'Pull the plug' }).click()
    const dialog = gui.page.getByRole('alertdialog')
    expect(await dialog.innerText()).toContain('Pull the plug of node-2?')
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    expect(gui.host.calls.some(call => call.name === 'nodes/power-off')).toBe(false)
    await gui.page.locator('[data-node="node-2"]').getByRole('button', { name: 'Pull the plug' }).click()
    await gui.page.getByRole('alertdialog').getByRole('button', { name: 'Pull the plug' }).click()
    await gui.page.getByText('node-2: starting the machine (qemu)').waitFor()
  })

  test('pods come and go', async () => {
    await gui.page.getByRole('link', { name: 'Resources' }).click()
    await gui.page.locator('[data-object="web-1"]').waitFor()
    gui.host.tell({ type: 'changed', rows: [rowOf(fakePod('web-3', 'node-1', '10.244.1.9'))], removed: [] }, 'pods')
    await gui.page.locator('[data-object="web-3"]').waitFor()
    gui.host.tell({ type: 'changed', rows: [], removed: ['web-1'] }, 'pods')
    await expect.poll(() => gui.page.locator('[data-object]').count()).toBe(2)
    await gui.page.getByPlaceholder('Filter', { exact: true }).fill('web-3')
    await expect.poll(() => gui.page.locator('[data-object]').count()).toBe(1)
  })

  test('of ten thousand rows only those in sight are in the page', async () => {
    await gui.page.getByRole('link', { name: 'Resources' }).click()
    await gui.page.locator('[data-object="web-1"]').waitFor()
    gui.host.tell({ type: 'changed', rows: Array.from({ length: 10_000 }, (_, index) => rowOf(fakePod(`many-${index}`, 'node-1', '10.244.1.9'))), removed: [] }, 'pods')
    await gui.page.getByText('10002', { exact: true }).waitFor()
    expect(await gui.page.locator('[data-object]').count()).toBeLessThan(80)
  })

  test('a terminal takes keys and shows what comes', async () => {
    await gui.page.locator('[data-node="node-1"]').getByRole('button', { name: 'Shell' }).click()
    await gui.page.getByRole('tab', { name: 'Shell on node-1' }).waitFor()
    await expect.poll(() => gui.page.locator('.xterm-accessibility-tree').innerText()).toContain('welcome to t1')
    await gui.page.locator('.xterm-helper-textarea').first().focus()
    await gui.page.keyboard.type('hostname\n')
    await expect.poll(() => gui.host.typed.get('t1')).toBe('hostname\r')
  })

  test("a component's log is followed in the dock, searched both ways with a count, and the dock stays open over a reload", async () => {
    await gui.page.evaluate(`location.hash = '#/scheduler'`)
    await gui.page.getByRole('button', { name: 'Follow the log of kube-scheduler in a terminal' }).click()
    await gui.page.getByRole('tab', { name: 'Log of kube-scheduler' }).waitFor()
    expect(gui.asked('terminals/open')).toMatchObject([{ target: { type: 'log', source: 'kube-scheduler' } }])
    await expect.poll(() => gui.page.locator('.xterm-accessibility-tree').innerText()).toContain('welcome to t1')
    await gui.page.getByRole('searchbox', { name: 'Find in the terminal' }).fill('o')
    await gui.page.keyboard.press('Enter')
    await expect.poll(() => gui.page.locator('[data-found]').innerText()).toBe('1 of 2')
    await gui.page.keyboard.press('Enter')
    await expect.poll(() => gui.page.locator('[data-found]').innerText()).toBe('2 of 2')
    await gui.page.getByRole('button', { name: 'Place before' }).click()
    await expect.poll(() => gui.page.locator('[data-found]').innerText()).toBe('1 of 2')
    await gui.page.reload()
    expect(await gui.page.getByRole('button', { name: 'Hide the terminals' }).getAttribute('aria-expanded')).toBe('true')
  })

  test('logs are taken apart', async () => {
    await gui.page.getByRole('button', { name: 'Logs of etcd' }).click()
    await gui.page.getByText('component started').waitFor()
    await gui.page.getByText('version=v1.36.0').waitFor()
  })

  test('the command palette leads everywhere by a few letters, and says so where nothing is meant', async () => {
    await gui.page.keyboard.press('Control+k')
    const field = gui.page.getByRole('dialog', { name: 'Command palette' }).getByRole('searchbox').or(gui.page.getByRole('dialog').locator('input'))
    await field.first().fill('resour')
    await gui.page.keyboard.press('Enter')
    await gui.page.getByRole('heading', { name: 'Pod', exact: true }).waitFor()
    await gui.page.keyboard.press('Control+k')
    await field.first().fill('shell node-2')
    await gui.page.keyboard.press('Enter')
    await gui.page.getByRole('tab', { name: 'Shell on node-2' }).waitFor()
    await gui.page.keyboard.press('Control+k')
    await field.first().fill('no such thing')
    await gui.page.getByText('Nothing is called “no such thing”').waitFor()
    await gui.page.keyboard.press('Escape')
    expect(await gui.page.getByRole('dialog').count()).toBe(0)
  })

  test('the layout is as it was left, after a reload too', async () => {
    await gui.page.getByRole('button', { name: 'Narrow the navigation' }).click()
    await gui.page.reload()
    await gui.page.getByRole('button', { name: 'Widen the navigation' }).waitFor()
    expect((await gui.page.getByRole('navigation').boundingBox())!.width).toBeLessThan(60)
  })

  test('speaks three languages', async () => {
    for (const [name, title] of [['繁體中文', '控制平面'], ['简体中文', '控制平面'], ['English', 'Control plane']] as const) {
      await gui.page.locator('header select').last().selectOption({ label: name })
      await gui.page.getByRole('heading', { name: title }).waitFor()
    }
  })

  test('every screen is reachable by keyboard and has no accessibility violation, in both themes', async () => {
    const violations: string[] = []
    for (const theme of ['light', 'dark']) {
      await gui.page.getByLabel('Theme').selectOption(theme)
      for (const screen of ['Lab', 'Resources', 'Logs']) {
        await gui.page.getByRole('link', { name: screen, exact: true }).focus()
        await gui.page.keyboard.press('Enter')
        await gui.page.locator('a[aria-current="page"]').filter({ hasText: screen }).waitFor()
        await expect.poll(() => gui.page.evaluate(`document.getAnimations().every(animation => animation.playState !== 'running')`)).toBe(true) // a waiting function would be evaluated by the page, which its policy forbids
        await screenshot(gui.page, `gui-${screen.toLowerCase()}-${theme}`)
        const result = await new AxeBuilder({ page: gui.page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze()
        violations.push(...result.violations.map(violation => `${theme} ${screen}: ${violation.id} ${violation.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`))
      }
    }
    expect(violations).toEqual([])
  })

  test('a lost lab host is told of and found again', async () => {
    await gui.host[Symbol.asyncDispose]()
    await gui.page.getByText('The connection to the lab host is lost').waitFor()
  })

  test('the page asks nobody but its host', async () => {
    const foreign: string[] = []
    gui.page.on('request', request => { if (!request.url().startsWith(gui.host.address) && !request.url().startsWith(gui.host.address.replace('http', 'ws')) && !request.url().startsWith('data:')) foreign.push(request.url()) })
    await gui.page.reload()
    await gui.page.getByRole('heading', { name: 'default' }).waitFor()
    expect(foreign).toEqual([])
  })
})
