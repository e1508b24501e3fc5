/** Isaac3D's nine factors in the order of its labels: the last varies fastest. */
export const ISAAC3D: readonly string[] = [
  ...["object_shape", "robot_x-move", "robot_y-move", "camera_height", "object_scale"],
  ...["lighting_intensity", "lighting_y-dir", "object_color", "wall_color"],
];
