/**
 * exec, attach, port-forward, cp and logs from end to end: stock clients, the API server, the kubelet and a real containerd.
 * Nothing is lost, whatever the dialect and the size, and nobody on the way keeps what passes.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, createServer as createTcp } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Attach, CoreV1Api, Cp, Exec, KubeConfig, Log, PortForward } from '@kubernetes/client-node'
import type { V1Status } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startControlPlane, type ControlPlane } from './control-plane.ts'
import { startKubelet, type RunningKubelet } from './kubelet-process.ts'
import { findKubectls, kubectlWith, type Kubectl, type KubectlProgram } from './kubectl.ts'
import { containerdProblem, startPrivateContainerd, until, type PrivateContainerd } from './private-containerd.ts'
import { rawApi, type RawApi } from './raw-api.ts'

const programs = findKubectls()
const reason = containerdProblem() ?? (programs.length === 0 ? 'needs kubectl' : undefined)
/** The oldest speaks SPDY, the newest WebSocket. */
const ends = programs.length > 1 ? [programs[0]!, programs.at(-1)!] : programs
const mebi = 1024 * 1024

describe.skipIf(reason !== undefined)(`streams${reason === undefined ? '' : ` (${reason})`}`, () => {
  let plane: ControlPlane
  let containerd: PrivateContainerd
  let kubelet: RunningKubelet
  let kubectl: Kubectl
  let api: RawApi
  let config: KubeConfig

  const pod = (name: string, container: object) => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { name },
    spec: { nodeName: 'node-1', terminationGracePeriodSeconds: 1, automountServiceAccountToken: false, restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', ...container }] },
  })
  const isReady = async (name: string) => (await api.call('GET', `/api/v1/namespaces/default/pods/${name}`)).json.status?.containerStatuses?.[0]?.state?.running !== undefined
  const make = async (name: string, container: object) => {
    expect((await api.call('POST', '/api/v1/namespaces/default/pods', pod(name, container))).status).toBe(201)
    await until(() => isReady(name), 40_000)
  }
  const residentMebi = async () => {
    const kubeletKib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${kubelet.process.pid!}/status`, 'utf8'))![1])
    return { kubelet: kubeletKib / 1024, server: (await api.call('GET', '/debug/inspect/event-loop')).json.residentBytes / mebi }
  }

  beforeAll(async () => {
    if (reason !== undefined) return
    plane = await startControlPlane()
    api = rawApi(plane)
    containerd = await startPrivateContainerd(20_411, '10.99.88.0/24')
    kubelet = await startKubelet(plane, containerd, 20_251)
    kubectl = kubectlWith(programs.at(-1)!, plane.kubeconfig)
    config = new KubeConfig()
    config.loadFromFile(plane.kubeconfig)
    await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
    await until(async () => (await api.call('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200)
    await make('web', { command: ['sh', '-c', 'mkdir /www; echo hello > /www/index.html; exec httpd -f -p 8080 -h /www'] })
  })

  afterAll(async () => {
    if (reason !== undefined) return
    await kubelet[Symbol.asyncDispose]()
    await containerd[Symbol.asyncDispose]()
    await plane.stop()
  })

  /** With stdout closed by the command itself containerd ends its stdin, under any kubelet; so a shell stays that holds it. */
  test('what is written to a command that prints nothing arrives whole', async () => {
    const file = join(containerd.folder, 'input.bin')
    writeFileSync(file, randomBytes(8 * mebi))
    const sum = sumOf(readFileSync(file))
    for (const program of ends) {
      for (let round = 0; round < 5; round += 1) {
        const code = await piped(program, file, ['exec', '-i', 'web', '--', 'sh', '-c', 'cat > /tmp/input; exit 4'])
        expect([program.version, round, code, (await kubectl('exec web -- sha256sum /tmp/input')).stdout.slice(0, 64)]).toEqual([program.version, round, 4, sum])
      }
    }
  })

  function piped(program: KubectlProgram, file: string, words: readonly string[]): Promise<number | null> {
    const child = spawn(program.path, words, { env: { ...process.env, KUBECONFIG: plane.kubeconfig }, stdio: ['pipe', 'ignore', 'inherit'] })
    createReadStream(file).pipe(child.stdin)
    return new Promise(resolve => child.once('exit', resolve))
  }

  test('200 MB are copied both ways, whole, through a memory that stays small', async () => {
    const file = join(containerd.folder, 'large.bin')
    const back = join(containerd.folder, 'back.bin')
    execFileSync('dd', ['if=/dev/urandom', `of=${file}`, 'bs=1M', 'count=200'], { stdio: 'ignore' })
    const sum = await sumOfFile(file)
    for (const program of ends) {
      const run = kubectlWith(program, plane.kubeconfig)
      const before = await residentMebi()
      const most = { kubelet: 0, server: 0 }
      const watching = setInterval(() => void residentMebi().then(now => {
        most.kubelet = Math.max(most.kubelet, now.kubelet)
        most.server = Math.max(most.server, now.server)
      }), 200)
      try {
        expect(await run(`cp ${file} web:/tmp/large`, { timeoutMs: 240_000 }), program.version).toMatchObject({ code: 0 })
        expect((await kubectl('exec web -- sha256sum /tmp/large')).stdout, program.version).toContain(sum)
        expect(await run(`cp web:/tmp/large ${back}`, { timeoutMs: 240_000 }), program.version).toMatchObject({ code: 0 })
        expect(await sumOfFile(back), program.version).toBe(sum)
      } finally {
        clearInterval(watching)
      }
      expect(most.kubelet - before.kubelet, `kubelet, ${program.version}`).toBeLessThan(150)
      expect(most.server - before.server, `API server, ${program.version}`).toBeLessThan(150)
    }
  }, 600_000)

  test('a reader that does not read stops the writer, and nothing piles up', async () => {
    const before = await residentMebi()
    const socket = await openExec(['v5.channel.k8s.io'], 'command=cat&command=/dev/zero&stdout=true')
    socket.pause()
    await new Promise(resolve => { setTimeout(resolve, 3_000) })
    const after = await residentMebi()
    expect(after.kubelet - before.kubelet).toBeLessThan(60)
    expect(after.server - before.server).toBeLessThan(60)
    socket.terminate()
  })

  function openExec(protocols: string[], query: string): Promise<WebSocket> {
    const socket = new WebSocket(`${plane.server.replace('https', 'wss')}/api/v1/namespaces/default/pods/web/exec?${query}`, protocols, { ca: plane.ca, cert: plane.admin.cert, key: plane.admin.key })
    return new Promise((resolve, reject) => {
      socket.once('open', () => { resolve(socket) })
      socket.once('error', reject)
    })
  }

  test.each([
    [['v5.channel.k8s.io'], true], [['v4.channel.k8s.io'], true], [['v3.channel.k8s.io'], false], [['v2.channel.k8s.io'], false], [['channel.k8s.io'], false], [['base64.channel.k8s.io'], false], [['v4.base64.channel.k8s.io'], true],
    [['v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io'], true],
  ])('the dialect %j carries both outputs, input and the end', async (protocols, jsonStatus) => {
    const isText = protocols[0]!.includes('base64')
    const received = new Map<number, string>()
    const socket = await openExec(protocols, 'command=sh&command=-c&command=read%20x%3B%20echo%20got%20%24x%3B%20echo%20err%20%3E%262%3B%20exit%203&stdin=true&stdout=true&stderr=true')
    expect(socket.protocol).toBe(protocols[0])
    socket.on('message', (data: Buffer) => {
      const channel = isText ? Number(data.toString()[0]) : data[0]!
      const text = isText ? Buffer.from(data.toString().slice(1), 'base64').toString() : data.subarray(1).toString()
      received.set(channel, (received.get(channel) ?? '') + text)
    })
    const closed = new Promise<number>(resolve => socket.once('close', resolve))
    socket.send(isText ? `0${Buffer.from('hello\n').toString('base64')}` : Buffer.concat([Buffer.of(0), Buffer.from('hello\n')]))
    expect(await closed).toBe(1000)
    expect([received.get(1), received.get(2)]).toEqual(['got hello\n', 'err\n'])
    if (jsonStatus) expect(JSON.parse(received.get(3)!)).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '3' }] } })
    else expect(received.get(3)).toMatch(/exit code 3|terminated with/)
  })

  test('v5: the end of stdin is told, and the rest still comes', async () => {
    const socket = await openExec(['v5.channel.k8s.io'], 'command=sh&command=-c&command=wc%20-c%3B%20sleep%200.3%3B%20echo%20done&stdin=true&stdout=true')
    let out = ''
    socket.on('message', (data: Buffer) => { if (data[0] === 1) out += data.subarray(1).toString() })
    const closed = new Promise<number>(resolve => socket.once('close', resolve))
    for (let index = 0; index < 100; index += 1) socket.send(Buffer.concat([Buffer.of(0), Buffer.alloc(50_000, 'x')]))
    socket.send(Buffer.of(255, 0))
    expect(await closed).toBe(1000)
    expect(out.trim().split(/\s+/)).toEqual(['5000000', 'done'])
  })

  test('a terminal has the size it is told', async () => {
    const socket = await openExec(['v5.channel.k8s.io'], 'command=sh&stdin=true&stdout=true&tty=true')
    let out = ''
    socket.on('message', (data: Buffer) => { if (data[0] === 1) out += data.subarray(1).toString() })
    socket.send(Buffer.concat([Buffer.of(4), Buffer.from('{"Width":123,"Height":45}')]))
    await new Promise(resolve => { setTimeout(resolve, 500) })
    socket.send(Buffer.concat([Buffer.of(0), Buffer.from('stty size; exit\n')]))
    await new Promise(resolve => socket.once('close', resolve))
    expect(out).toContain('45 123')
  })

  describe('logs', () => {
    const log = async (query: string, name = 'talker') => await api.call('GET', `/api/v1/namespaces/default/pods/${name}/log?${query}`)

    beforeAll(async () => {
      if (reason !== undefined) return
      await make('talker', { command: ['sh', '-c', 'for i in 1 2 3 4 5; do echo out$i; echo err$i >&2; done; sleep 2; echo late; exec sleep 1000'] })
      await until(async () => (await log('')).text.includes('late'), 20_000)
    })

    test('every option', async () => {
      const lines = async (query: string) => (await log(query)).text.trimEnd().split('\n')
      expect((await lines('')).sort()).toEqual(['err1', 'err2', 'err3', 'err4', 'err5', 'late', 'out1', 'out2', 'out3', 'out4', 'out5'])
      expect((await log('stream=Stdout')).json).toMatchObject({ code: 422, message: 'PodLogOptions "talker" is invalid: stream: Forbidden: may not be specified' })
      expect(await lines('tailLines=1')).toEqual(['late'])
      expect((await log('tailLines=0')).text).toBe('')
      expect((await log('limitBytes=3')).text).toHaveLength(3)
      const stamped = (await lines('timestamps=true&tailLines=1'))[0]!
      expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z late$/)
      expect(await lines(`sinceTime=${stamped.split(' ')[0]!}`)).toEqual(['late'])
      expect((await lines('sinceSeconds=3600')).length).toBe(11)
      expect(await lines('insecureSkipTLSVerifyBackend=true&tailLines=1')).toEqual(['late'])
      expect((await log('previous=true')).json).toMatchObject({ code: 400, message: 'previous terminated container "main" in pod "talker" not found' })
      expect((await log('container=none')).status).toBe(400)
      expect((await log('', 'none')).status).toBe(404)
    })
  })

  describe('@kubernetes/client-node', () => {
    const sink = () => {
      const stream = new PassThrough()
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      return Object.assign(stream, { text: () => Buffer.concat(chunks).toString() })
    }

    test('exec with input, both outputs and an exit code', async () => {
      const [out, err, input] = [sink(), sink(), new PassThrough()]
      const status = new Promise<V1Status>((resolve, reject) => {
        new Exec(config).exec('default', 'web', 'main', ['sh', '-c', 'read x; echo "$x"; echo bad >&2; exit 5'], out, err, input, false, resolve).catch(reject)
      })
      input.write('typed\n')
      expect(await status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ message: '5' }] } })
      expect([out.text(), err.text()]).toEqual(['typed\n', 'bad\n'])
    })

    test('attach', async () => {
      await make('echo', { command: ['sh', '-c', 'while read line; do echo "heard $line"; done'], stdin: true })
      const [out, err, input] = [sink(), sink(), new PassThrough()]
      const socket = await new Attach(config).attach('default', 'echo', 'main', out, err, input, false)
      input.write('me\n')
      await until(() => out.text().includes('heard me'))
      ;(socket as { close(): void }).close()
    })

    test('port-forward', async () => {
      const forward = new PortForward(config)
      const server = createTcp(socket => { void forward.portForward('default', 'web', [8080], socket, null, socket) })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      const socket = connectTcp((server.address() as AddressInfo).port, '127.0.0.1')
      const answer = sink()
      socket.pipe(answer)
      socket.write('GET / HTTP/1.0\r\n\r\n')
      await until(() => answer.text().includes('hello'))
      socket.destroy()
      server.close()
    })

    test('cp both ways', async () => {
      const file = join(containerd.folder, 'cp.bin')
      writeFileSync(file, randomBytes(5 * mebi))
      const folder = join(containerd.folder, 'cp-back')
      execFileSync('mkdir', ['-p', folder])
      const cp = new Cp(config)
      const source = join(containerd.folder, 'cp-source')
      execFileSync('sh', ['-c', `mkdir -p ${source} && mv ${file} ${source}/cp.bin`])
      await cp.cpToPod('default', 'web', 'main', source, '/tmp')
      await until(async () => (await kubectl('exec web -- sha256sum /tmp/cp.bin')).stdout.includes(sumOf(readFileSync(`${source}/cp.bin`))))
      await cp.cpFromPod('default', 'web', 'main', 'cp.bin', folder, '/tmp')
      await until(() => sumOf(readFileSync(join(folder, 'cp.bin'))) === sumOf(readFileSync(`${source}/cp.bin`)))
    })

    test('a log is followed', async () => {
      await make('counter', { command: ['sh', '-c', 'for i in 1 2 3 4; do echo $i; sleep 0.5; done'] })
      const out = sink()
      await new Log(config).log('default', 'counter', 'main', out, { follow: true })
      await until(() => out.writableFinished, 20_000)
      expect(out.text()).toBe('1\n2\n3\n4\n')
      expect(await config.makeApiClient(CoreV1Api).readNamespacedPodLog({ namespace: 'default', name: 'counter', tailLines: 1 })).toBe('4\n')
    })
  })
})

function sumOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function sumOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
