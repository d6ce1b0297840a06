/** Where a lab gets its images from. Told apart from how they are made, so that a lab can be tested without any. */
import type { NodeImage } from '../machines/machine.ts'

export interface ImageProgress {
  readonly detail: string
  /** 0..1, or null where it cannot be known. */
  readonly ratio: number | null
}

export interface ImageRegistry extends AsyncDisposable {
  readonly port: number
}

export interface ImageSource {
  /** Builds or finds everything a lab needs; quick when it is there. */
  ensure(report: (progress: ImageProgress) => void, signal: AbortSignal): Promise<NodeImage>
  /** Serves container images to nodes on 127.0.0.1. */
  openRegistry(): Promise<ImageRegistry>
}

