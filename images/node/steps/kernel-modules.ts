/**
 * Trims the kernel's modules to the recipe's list and what those depend on, and stores them unpacked: under
 * emulation unpacking xz costs more than reading.
 *
 *   KM1  A wanted module that neither exists nor is built in is left out and reported, never an error: Debian moves
 *        drivers between the two from one kernel to the next.
 *   KM2  Soft dependencies count as dependencies.
 */
import { copyFile, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { runTool } from '../../build/run-tool.ts'

export interface TrimmedModules {
  readonly kernelVersion: string
  /** Wanted, but not in this kernel. */
  readonly missing: readonly string[]
  /** Paths below the rootfs of the initrd's modules, dependencies first. */
  readonly initrd: readonly string[]
}

export async function trimModules(kernel: string, rootfs: string, wanted: readonly string[], initrdWanted: readonly string[], signal?: AbortSignal): Promise<TrimmedModules> {
  const kernelVersion = (await readdir(join(kernel, 'usr/lib/modules')))[0]
  if (kernelVersion === undefined) throw new Error('the kernel package holds no modules')
  const from = join(kernel, 'usr/lib/modules', kernelVersion)
  const to = join(rootfs, 'usr/lib/modules', kernelVersion)
  await symlink('usr/lib', join(kernel, 'lib')).catch(() => undefined) // depmod looks below /lib
  await runGuestProgram(rootfs, 'usr/sbin/depmod', ['-b', kernel, kernelVersion], signal)

  const graph = readModulesDep(await readFile(join(from, 'modules.dep'), 'utf8'))
  const builtin = new Set((await readFile(join(from, 'modules.builtin'), 'utf8')).split('\n').map(moduleName))
  const soft = readSoftDependencies(await readFile(join(from, 'modules.softdep'), 'utf8').catch(() => ''))
  const plan = planModules(graph, builtin, soft, [...wanted, ...initrdWanted])

  await rm(to, { recursive: true, force: true })
  for (const path of plan.paths) {
    await mkdir(dirname(join(to, path)), { recursive: true })
    await copyFile(join(from, path), join(to, path))
  }
  for (const name of ['modules.builtin', 'modules.builtin.modinfo', 'modules.order']) await copyFile(join(from, name), join(to, name)).catch(() => undefined)
  const packed = plan.paths.filter(path => path.endsWith('.xz')).map(path => join(to, path))
  if (packed.length > 0) await runTool(join(rootfs, 'usr/bin/busybox'), ['unxz', ...packed], { signal })
  await runGuestProgram(rootfs, 'usr/sbin/depmod', ['-b', rootfs, kernelVersion], signal)
  await writeFile(join(to, 'modules.wanted'), `${[...wanted].sort().join('\n')}\n`)

  const initrd = planModules(graph, builtin, new Map(), initrdWanted).paths.map(path => join('usr/lib/modules', kernelVersion, path.replace(/\.xz$/, '')))
  return { kernelVersion, missing: plan.missing, initrd }
}

/** Module paths in loading order. */
export function planModules(graph: ReadonlyMap<string, ModuleNode>, builtin: ReadonlySet<string>, soft: ReadonlyMap<string, readonly string[]>, wanted: readonly string[]): { paths: string[]; missing: string[] } {
  const paths = new Set<string>()
  const missing: string[] = []
  const visiting = new Set<string>()
  const visit = (name: string, asked: boolean): void => {
    const node = graph.get(name)
    if (node === undefined) {
      if (asked && !builtin.has(name)) missing.push(name) // KM1
      return
    }
    if (paths.has(node.path) || visiting.has(name)) return
    visiting.add(name)
    for (const dependency of [...node.needs, ...(soft.get(name) ?? [])]) visit(dependency, false) // KM2
    paths.add(node.path)
  }
  for (const name of wanted) visit(moduleName(name), true)
  return { paths: [...paths], missing }
}

export interface ModuleNode {
  readonly path: string
  readonly needs: readonly string[]
}

/** modules.dep: "path: path path", dependencies in reverse loading order. */
export function readModulesDep(text: string): Map<string, ModuleNode> {
  const graph = new Map<string, ModuleNode>()
  for (const line of text.split('\n')) {
    const [path, needs] = line.split(':')
    if (path === undefined || needs === undefined) continue
    graph.set(moduleName(path), { path, needs: needs.trim().split(/\s+/).filter(need => need !== '').map(moduleName).reverse() })
  }
  return graph
}

/** modules.softdep: "softdep name pre: a b post: c". */
export function readSoftDependencies(text: string): Map<string, string[]> {
  const soft = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [keyword, name, ...rest] = line.split(/\s+/)
    if (keyword === 'softdep' && name !== undefined) soft.set(moduleName(name), rest.filter(word => word !== '' && !word.endsWith(':')).map(moduleName))
  }
  return soft
}

function moduleName(path: string): string {
  return basename(path).replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_')
}

/** Runs a dynamically linked program of the new system on this host, without chroot and so without root. */
async function runGuestProgram(rootfs: string, program: string, args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const libraries = ['usr/lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu/systemd'].map(path => join(rootfs, path)).join(':')
  await runTool(join(rootfs, 'usr/lib64/ld-linux-x86-64.so.2'), ['--library-path', libraries, '--argv0', basename(program), join(rootfs, program), ...args], { signal })
}
