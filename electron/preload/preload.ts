/** Gives the page its bridge: frames out, frames in, and whether the lab host is there. Nothing else of Electron reaches the page. */
import { contextBridge, ipcRenderer } from 'electron'
import type { IpcRendererEvent } from 'electron'

const frameChannel = 'contract/frame'
const stateChannel = 'contract/state'

contextBridge.exposeInMainWorld('kubarium', {
  send(frame: unknown): void {
    ipcRenderer.send(frameChannel, frame)
  },
  onFrame(callback: (frame: unknown) => void): void {
    ipcRenderer.on(frameChannel, (_: IpcRendererEvent, frame: unknown) => { callback(frame) })
  },
  onState(callback: (state: unknown) => void): void {
    ipcRenderer.on(stateChannel, (_: IpcRendererEvent, state: unknown) => { callback(state) })
    ipcRenderer.send(stateChannel) // asks for the present one
  },
})
