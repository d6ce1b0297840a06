/**
 * The program of the pause container: process 1 of every pod's sandbox. Written as machine code, because a worker
 * image is built on machines that have no compiler.
 *
 *   PA1  SIGCHLD is ignored, so that the kernel reaps orphans of the pod by itself (pods may share the PID namespace).
 *   PA2  SIGTERM and SIGINT end it with status 0 (process 1 gets no default action for signals, so it asks for them).
 *   PA3  Otherwise it sleeps for good and takes one page of memory.
 *   PA4  Started with -v it prints its version.
 *
 * How: block the three signals, ignore SIGCHLD, then wait in rt_sigtimedwait without a time; a blocked signal that
 * is waited for is delivered even to process 1. Static ELF64, one loadable segment, no libc.
 */
export type PauseArchitecture = 'amd64' | 'arm64'

const loadAddress = 0x400000n
const headerSize = 64 + 56
export const pauseVersion = 'pause 3.10 (kubarium)\n'

export function renderPauseProgram(architecture: PauseArchitecture): Buffer {
  const code = architecture === 'amd64' ? amd64Code() : arm64Code()
  const size = BigInt(headerSize + code.length)
  const elf = Buffer.alloc(headerSize)
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])
  elf.writeUInt16LE(2, 16) // ET_EXEC
  elf.writeUInt16LE(architecture === 'amd64' ? 62 : 183, 18)
  elf.writeUInt32LE(1, 20)
  elf.writeBigUInt64LE(loadAddress + BigInt(headerSize), 24) // entry
  elf.writeBigUInt64LE(64n, 32) // program headers
  elf.writeUInt16LE(64, 52)
  elf.writeUInt16LE(56, 54)
  elf.writeUInt16LE(1, 56)
  elf.writeUInt16LE(64, 58)
  elf.writeUInt32LE(1, 64) // PT_LOAD
  elf.writeUInt32LE(5, 68) // read, execute
  elf.writeBigUInt64LE(loadAddress, 80)
  elf.writeBigUInt64LE(loadAddress, 88)
  elf.writeBigUInt64LE(size, 96)
  elf.writeBigUInt64LE(size, 104)
  elf.writeBigUInt64LE(architecture === 'amd64' ? 0x1000n : 0x10000n, 112)
  return Buffer.concat([elf, code])
}

/** The signals waited for, as a kernel signal set: bit n-1 is signal n. SIGINT 2, SIGTERM 15. */
const waitedSignals = (1n << 1n) | (1n << 14n)

function amd64Code(): Buffer {
  // Behind the code: the signal set (8 bytes), struct sigaction {SIG_IGN, SA_NOCLDWAIT|SA_RESTORER unused, 0, 0} (32 bytes), the version.
  const data = Buffer.concat([dataBlock(), Buffer.from(pauseVersion)])
  const assemble = (dataAt: number): Buffer => {
    const out: number[] = []
    const lea = (opcode: readonly number[], offset: number): void => {
      const after = out.length + opcode.length + 4
      const relative = Buffer.alloc(4)
      relative.writeInt32LE(dataAt + offset - after)
      out.push(...opcode, ...relative)
    }
    const rsi = [0x48, 0x8d, 0x35] // lea rsi, [rip+…]
    const rdi = [0x48, 0x8d, 0x3d] // lea rdi, [rip+…]
    out.push(0x48, 0x83, 0x3c, 0x24, 0x02, 0x7c, 0) // cmp qword [rsp], 2; jl wait
    const jumpOverVersion = out.length
    out.push(0x48, 0x8b, 0x44, 0x24, 0x10) // mov rax, [rsp+16]: argv[1]
    out.push(0x66, 0x81, 0x38, 0x2d, 0x76, 0x75, 0) // cmp word [rax], "-v"; jne wait
    const jumpNotVersion = out.length
    out.push(0xb8, 1, 0, 0, 0, 0xbf, 1, 0, 0, 0) // write(1, version, length)
    lea(rsi, 40)
    out.push(0xba, pauseVersion.length, 0, 0, 0, 0x0f, 0x05)
    out.push(0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05) // exit(0)
    out[jumpOverVersion - 1] = out.length - jumpOverVersion
    out[jumpNotVersion - 1] = out.length - jumpNotVersion
    out.push(0xb8, 14, 0, 0, 0, 0x31, 0xff) // rt_sigprocmask(SIG_BLOCK, set, NULL, 8)
    lea(rsi, 0)
    out.push(0x31, 0xd2, 0x41, 0xba, 8, 0, 0, 0, 0x0f, 0x05)
    out.push(0xb8, 13, 0, 0, 0, 0xbf, 17, 0, 0, 0) // rt_sigaction(SIGCHLD, ignore, NULL, 8)
    lea(rsi, 8)
    out.push(0x31, 0xd2, 0x41, 0xba, 8, 0, 0, 0, 0x0f, 0x05)
    const again = out.length
    out.push(0xb8, 128, 0, 0, 0) // rt_sigtimedwait(set, NULL, NULL, 8)
    lea(rdi, 0)
    out.push(0x31, 0xf6, 0x31, 0xd2, 0x41, 0xba, 8, 0, 0, 0, 0x0f, 0x05)
    out.push(0x85, 0xc0, 0x7e, 0) // test eax, eax; jle again (interrupted by an ignored signal)
    out[out.length - 1] = 0x100 + again - out.length
    out.push(0xb8, 231, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05) // exit_group(0)
    return Buffer.from(out)
  }
  const length = align8(assemble(0).length)
  return Buffer.concat([assemble(length), Buffer.alloc(length - assemble(length).length), data])
}

function arm64Code(): Buffer {
  const data = Buffer.concat([dataBlock(), Buffer.from(pauseVersion)])
  const words = (dataAt: number): number[] => {
    const out: number[] = []
    const adr = (register: number, offset: number): void => {
      const distance = dataAt + offset - out.length * 4
      out.push((0x10000000 | ((distance & 3) << 29) | (((distance >> 2) & 0x7ffff) << 5) | register) >>> 0)
    }
    const movz = (register: number, value: number): void => { out.push((0xd2800000 | (value << 5) | register) >>> 0) }
    const syscall = (number: number): void => {
      movz(8, number)
      out.push(0xd4000001)
    }
    out.push(0xf94003e0, 0xf100081f, 0) // ldr x0,[sp]; cmp x0,#2; b.lt wait
    const first = out.length - 1
    out.push(0xf9400be1, 0x79400022) // ldr x1,[sp,#16]; ldrh w2,[x1]
    out.push((0x52800003 | (0x762d << 5)) >>> 0, 0x6b03005f, 0) // mov w3,"-v"; cmp w2,w3; b.ne wait
    const second = out.length - 1
    movz(0, 1)
    adr(1, 40)
    movz(2, pauseVersion.length)
    syscall(64)
    movz(0, 0)
    syscall(93)
    out[first] = (0x5400000b | ((out.length - first) << 5)) >>> 0
    out[second] = (0x54000001 | ((out.length - second) << 5)) >>> 0
    movz(0, 0) // rt_sigprocmask(SIG_BLOCK, set, NULL, 8)
    adr(1, 0)
    movz(2, 0)
    movz(3, 8)
    syscall(135)
    movz(0, 17) // rt_sigaction(SIGCHLD, ignore, NULL, 8)
    adr(1, 8)
    movz(2, 0)
    movz(3, 8)
    syscall(134)
    const again = out.length
    adr(0, 0) // rt_sigtimedwait(set, NULL, NULL, 8)
    movz(1, 0)
    movz(2, 0)
    movz(3, 8)
    syscall(137)
    out.push(0x7100001f) // cmp w0,#0
    out.push((0x5400000d | (((again - out.length) & 0x7ffff) << 5)) >>> 0) // b.le again
    movz(0, 0)
    syscall(94) // exit_group(0)
    return out
  }
  const length = align8(words(0).length * 4)
  const code = Buffer.alloc(length)
  words(length).forEach((word, index) => code.writeUInt32LE(word, index * 4))
  return Buffer.concat([code, data])
}

/** Signal set, then struct sigaction: handler SIG_IGN (1), flags SA_NOCLDWAIT (2), no restorer, empty mask. */
function dataBlock(): Buffer {
  const block = Buffer.alloc(40)
  block.writeBigUInt64LE(waitedSignals, 0)
  block.writeBigUInt64LE(1n, 8)
  block.writeBigUInt64LE(2n, 16)
  return block
}

function align8(length: number): number {
  return (length + 7) & ~7
}
