/** A picture, 8-bit RGB, row by row. */
export interface RawPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Pictures of a data set, by their numbers. */
export interface Pictures {
  /** Why they can be read in order alone; undefined where any can be read at any time. */
  readonly inOrderOnly?: string;
  /** One picture, resized where that is asked for. */
  read(index: number, resize: Resize | undefined): Promise<RawPicture>;
  /** Those from `start` to before `end`, in order: where that is quicker than one by one, or all that can be had. Not resized. */
  run?(start: number, end: number): AsyncGenerator<RawPicture>;
  /** Where each picture is a file of its own: that file. */
  path?(index: number): string;
  /** Reads all of an archive, so that its checksum is compared. @throws where it differs */
  verify?(): Promise<void>;
  /** Width and height that all of them have. */
  readonly size?: readonly [width: number, height: number];
  close(): Promise<void>;
}

/** How pictures are brought to one size. */
export interface Resize {
  readonly width: number;
  readonly height: number;
  readonly kernel: "area" | "lanczos";
  /** The middle of the picture in the shape that is wanted, or all of it, stretched. */
  readonly fit: "cover" | "fill";
}
