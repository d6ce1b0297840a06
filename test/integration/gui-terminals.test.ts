/** The dock of terminals: panes, links, menu and keys, and that a program that writes without end stops nothing. */
import { describe, expect, test } from 'vitest'
import { fakePod, podKind, startFakeLabHost, twoNodeLab } from '../fakes/fake-lab-host.ts'
import { pageDir } from './chromium.ts'
import { useGuiPage, violationsOf } from './gui-page.ts'

const nodeKind = { ...podKind, resource: 'nodes', kind: 'Node', namespaced: false, shortNames: ['no'] }
const otherLab = { ...twoNodeLab, spec: { ...twoNodeLab.spec, name: 'other' } }

describe('terminals', () => {
  const gui = useGuiPage(() => startFakeLabHost(pageDir, [twoNodeLab, otherLab], { pods: [fakePod('web-1', 'node-1', '10.244.1.5')] }, { 'machines/report': () => ({}) }), '', 'default')
  const screen = (id: string) => gui.page.locator(`#terminal-${id}`)
  const textOf = (id: string) => screen(id).locator('.xterm-accessibility-tree').innerText()
  const tab = (name: string) => gui.page.getByRole('tab', { name, exact: true })

  async function openShell(): Promise<void> {
    await gui.page.getByRole('button', { name: 'kubectl', exact: true }).click()
    await expect.poll(() => textOf('t1')).toContain('welcome to t1')
  }

  async function left(id: string): Promise<number> {
    return Math.round((await screen(id).boundingBox())!.x)
  }

  test('are split with keys and the mouse, their divider is moved both ways, and a reload finds them where they were', async () => {
    await openShell()
    await screen('t1').locator('textarea').press('Control+Shift+E')
    await expect.poll(() => textOf('t2')).toContain('welcome to t2')
    expect([await left('t1'), await left('t2')]).toEqual([0, 640])
    await gui.page.getByRole('button', { name: 'One more below it' }).click()
    await expect.poll(() => textOf('t3')).toContain('welcome to t3')
    expect(gui.asked('terminals/open').map(given => (given as { target: object }).target)).toEqual([{ type: 'kubectl' }, { type: 'kubectl' }, { type: 'kubectl' }])

    const divider = gui.page.getByRole('separator', { name: 'Divider between terminals' }).first()
    await divider.press('ArrowLeft')
    await expect.poll(() => left('t2')).toBe(576)
    await divider.hover({ position: { x: 4, y: 40 } })
    await gui.page.mouse.down()
    await gui.page.mouse.move(320, 600, { steps: 4 })
    await gui.page.mouse.up()
    await expect.poll(() => left('t2')).toBe(320)
    await gui.page.reload()
    await expect.poll(() => textOf('t3')).toContain('welcome to t3')
    expect([await left('t1'), await left('t2'), await left('t3')]).toEqual([0, 320, 320])

    await screen('t3').locator('textarea').press('Control+Shift+ArrowRight')
    await gui.page.keyboard.type('x')
    await expect.poll(() => gui.host.typed.get('t1')).toBe('x')
  })

  test('each lab has its own, and the chosen lab is remembered over a reload', async () => {
    await openShell()
    const labs = gui.page.getByLabel('Lab', { exact: true }).first()
    await labs.selectOption('other')
    await gui.page.getByText('No terminal is open.').waitFor()
    await gui.page.reload()
    await gui.page.getByRole('heading', { name: 'other', exact: true }).waitFor()
    expect(await gui.page.getByRole('tab').count()).toBe(0)
    await labs.selectOption('default')
    await tab('kubectl').waitFor()
  })

  test('the shell of a machine is that of the lab that is looked at, not of another with a machine of the same name', async () => {
    await gui.page.evaluate(`location.hash = '#/machine'`)
    await gui.page.getByRole('tab', { name: 'Shell', exact: true }).click()
    await expect.poll(() => gui.asked('terminals/open')).toMatchObject([{ lab: 'default', target: { type: 'ssh', node: 'node-1' } }])
    await gui.page.getByLabel('Lab', { exact: true }).first().selectOption('other')
    await expect.poll(() => gui.asked('terminals/open')).toMatchObject([{ lab: 'default' }, { lab: 'other', target: { type: 'ssh', node: 'node-1' } }])
  })

  test('the namespace that a shell tells is in its tab, and objects of its lines open in it', async () => {
    gui.host.say('resources/kinds', [podKind, nodeKind])
    await openShell()
    gui.host.write('t1', '\x1b]7799;shop\x07pod/web-1 created in /var/log/pod/web-2\r\n')
    await tab('kubectl · shop').waitFor()
    await expect.poll(() => textOf('t1')).toContain('pod/web-1 created')
    await screen('t1').locator('textarea').press('Shift+F10')
    const menu = gui.page.getByRole('menu', { name: 'Menu of kubectl · shop' })
    expect(await menu.getByRole('menuitem').filter({ hasText: 'Open ' }).allInnerTexts()).toEqual(['Open pod/web-1'])
    await gui.page.keyboard.press('Home')
    await gui.page.keyboard.press('Enter')
    await expect.poll(() => gui.page.evaluate('location.hash')).toBe('#/resources/pods/shop/web-1')

    gui.host.write('t1', '\x1b[2J\x1b[Hnode/node-2\r\n')
    await expect.poll(() => textOf('t1')).toContain('node/node-2')
    const { x, y } = (await screen('t1').locator('.xterm-screen').boundingBox())!
    await gui.page.mouse.move(x + 60, y + 20)
    await gui.page.mouse.move(x + 24, y + 8)
    await expect.poll(async () => screen('t1').locator('.xterm-screen.xterm-cursor-pointer, .xterm-cursor-pointer').count()).toBeGreaterThan(0)
    await gui.page.mouse.click(x + 24, y + 8)
    await expect.poll(() => gui.page.evaluate('location.hash')).toBe('#/machine')
    expect(await gui.page.getByLabel('Which node').inputValue()).toBe('node-2')
  })

  test('copies and pastes by menu and keys', async () => {
    await gui.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await openShell()
    await screen('t1').locator('textarea').press('ContextMenu')
    await gui.page.getByRole('menuitem', { name: 'Select all' }).press('Enter')
    await screen('t1').locator('textarea').press('Control+Shift+C')
    await expect.poll(() => gui.page.evaluate('navigator.clipboard.readText()')).toContain('welcome to t1')
    await gui.page.evaluate(`navigator.clipboard.writeText('get nodes')`)
    await screen('t1').locator('textarea').press('Control+Shift+V')
    await expect.poll(() => gui.host.typed.get('t1')).toBe('get nodes')
    await screen('t1').click({ button: 'right', position: { x: 200, y: 80 } })
    await gui.page.getByRole('menuitem', { name: 'Paste' }).click()
    await expect.poll(() => gui.host.typed.get('t1')).toBe('get nodesget nodes')
  })

  test('one that has ended says how, and starts again in its place', async () => {
    await openShell()
    gui.host.endTerminal('t1', 3)
    await tab('kubectl (ended with 3)').waitFor()
    await gui.page.getByRole('button', { name: 'Start again' }).click()
    await expect.poll(() => textOf('t2')).toContain('welcome to t2')
    expect(await gui.page.getByRole('tab').allInnerTexts()).toEqual(['kubectl'])
  })

  test('a program that writes without end neither keeps the page from drawing nor grows it', async () => {
    await openShell()
    const session = await gui.page.context().newCDPSession(gui.page)
    const heapBytes = async (): Promise<number> => {
      await session.send('HeapProfiler.collectGarbage')
      return (await session.send('Runtime.getHeapUsage')).usedSize
    }
    const before = await heapBytes()
    await gui.page.evaluate(`window.drawn = 0; (function tick() { window.drawn += 1; requestAnimationFrame(tick) })()`)
    const part = 'y\r\n'.repeat(80_000)
    for (const endsAt = performance.now() + 4_000; performance.now() < endsAt;) {
      if (gui.host.write('t1', '')) gui.host.write('t1', part)
      await gui.page.waitForTimeout(33)
    }
    gui.host.write('t1', 'the end\r\n')
    await expect.poll(() => textOf('t1'), { timeout: 20_000 }).toContain('the end')
    expect(await gui.page.evaluate('window.drawn')).toBeGreaterThan(20)
    expect((await heapBytes()) - before).toBeLessThan(30e6)
  })

  test('axe finds nothing in a dock that is split, nor in its menu', async () => {
    await openShell()
    await gui.page.getByRole('button', { name: 'One more beside it' }).click()
    await expect.poll(() => textOf('t2')).toContain('welcome to t2')
    expect(await violationsOf(gui.page, 'terminals', {
      split: () => gui.page.keyboard.press('Escape'),
      menu: () => screen('t1').click({ button: 'right', position: { x: 100, y: 40 } }),
    })).toEqual([])
  })
})
