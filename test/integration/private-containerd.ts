/**
 * A containerd of a test's own: its root, state, socket and network live in one folder, nothing of the machine's is used.
 * Two images are in it, both of the machine's static busybox: docker.io/library/busybox:latest and the sandbox image.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const needed = ['/usr/bin/containerd', '/usr/bin/ctr', '/bin/busybox', '/usr/lib/cni/bridge']

/** Why containers cannot be run here, or undefined. */
export function containerdProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  const missing = needed.filter(path => !existsSync(path))
  if (missing.length > 0) return `needs ${missing.join(', ')}`
  return ['/usr/sbin/runc', '/usr/bin/crun'].some(path => existsSync(path)) ? undefined : 'needs runc or crun'
}

export interface PrivateContainerd extends AsyncDisposable {
  readonly folder: string
  readonly endpoint: string
  ctr(...words: string[]): string
}

export async function startPrivateContainerd(streamPort: number, subnet: string): Promise<PrivateContainerd> {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-ctd-'))
  const socket = join(folder, 'c.sock')
  const bridge = `kt${streamPort % 10_000}`
  mkdirSync(join(folder, 'cni'))
  writeFileSync(join(folder, 'cni/10.conflist'), JSON.stringify({ cniVersion: '1.0.0', name: bridge, plugins: [{ type: 'bridge', bridge, isGateway: true, ipam: { type: 'host-local', dataDir: join(folder, 'cni-data'), ranges: [[{ subnet }]] } }, { type: 'portmap', capabilities: { portMappings: true } }] }))
  writeFileSync(join(folder, 'config.toml'), configText(folder, socket, streamPort))
  const containerd = spawn('containerd', ['-c', join(folder, 'config.toml')], { stdio: ['ignore', 'ignore', 'ignore'] })
  const ctr = (...words: string[]) => execFileSync('ctr', ['-a', socket, '-n', 'k8s.io', ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 })
  await until(() => ctr('version') !== '')
  for (const [name, entrypoint] of [['docker.io/library/busybox:latest', undefined], ['registry.k8s.io/pause:3.10', ['/bin/busybox', 'sleep', '2147483647']]] as const) {
    ctr('images', 'import', busyboxImage(folder, name, entrypoint))
  }
  return {
    folder,
    endpoint: `unix://${socket}`,
    ctr,
    async [Symbol.asyncDispose]() {
      for (const id of ctr('tasks', 'ls', '-q').split('\n').filter(line => line !== '')) try { ctr('tasks', 'kill', '-s', 'KILL', id) } catch { /* it has ended */ }
      await until(() => !ctr('tasks', 'ls').includes('RUNNING'))
      for (const id of ctr('tasks', 'ls', '-q').split('\n').filter(line => line !== '')) try { ctr('tasks', 'rm', '-f', id) } catch { /* it has gone */ }
      containerd.kill('SIGTERM')
      await new Promise(resolve => containerd.once('exit', resolve))
      for (const point of mountsBelow(folder)) execFileSync('umount', ['-l', point])
      try { execFileSync('ip', ['link', 'delete', bridge], { stdio: 'ignore' }) } catch { /* no pod had a network */ }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function configText(folder: string, socket: string, streamPort: number): string {
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  stream_server_address = "127.0.0.1"
  stream_server_port = "${streamPort}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  sandbox_image = "registry.k8s.io/pause:3.10"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${folder}/cni"
`
}

/** Writes an image archive in Docker's form and returns its path. */
function busyboxImage(folder: string, name: string, entrypoint: readonly string[] | undefined): string {
  const work = join(folder, `image-${name.replace(/\W/g, '-')}`)
  const root = join(work, 'root')
  for (const part of ['bin', 'tmp', 'etc', 'proc', 'sys', 'dev']) mkdirSync(join(root, part), { recursive: true })
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const applet of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n')) if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n')
  execFileSync('tar', ['-C', root, '--sort=name', '--mtime=@0', '-cf', join(work, 'layer.tar'), '.'])
  const diffId = `sha256:${createHash('sha256').update(readFileSync(join(work, 'layer.tar'))).digest('hex')}`
  writeFileSync(join(work, 'config.json'), JSON.stringify({ architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', os: 'linux', config: { Env: ['PATH=/bin'], ...(entrypoint === undefined ? { Cmd: ['sh'] } : { Entrypoint: entrypoint }) }, rootfs: { type: 'layers', diff_ids: [diffId] } }))
  writeFileSync(join(work, 'manifest.json'), JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]))
  const archive = join(work, 'image.tar')
  execFileSync('tar', ['-C', work, '-cf', archive, 'manifest.json', 'config.json', 'layer.tar'])
  return archive
}

export function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map(line => line.split(' ')[4] ?? '').filter(point => point.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length)
}

export async function until(holds: () => boolean | Promise<boolean>, limitMs = 90_000): Promise<void> {
  const limit = Date.now() + limitMs
  for (;;) {
    try {
      if (await holds()) return
    } catch (error) {
      if (Date.now() > limit) throw error
    }
    if (Date.now() > limit) throw new Error(`this did not come true in ${limitMs} ms: ${holds.toString()}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
