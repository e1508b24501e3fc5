/** MPI3D's seven factors in the order of its axes: the last varies fastest. */
export const MPI3D: readonly string[] = [
  ...["object_color", "object_shape", "object_size", "camera_height", "background_color", "horizontal_axis", "vertical_axis"],
];
