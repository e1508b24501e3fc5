/* SUNDIALS' CVODE (BDF, its own difference quotients), a job a line: PROBLEM RTOL ATOL. Answers with seconds, evaluations of f, Jacobians and the
 * values at the end. Dense linear solver; banded for the Brusselator.
 *
 *     cc -O3 -march=native cvode_stiff.c -o cvode_stiff -lsundials_cvode -lsundials_nvecserial -lm
 */
#include <cvode/cvode.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdio.h>
#include <string.h>
#include <sundials/sundials_config.h>
#include <sunlinsol/sunlinsol_band.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_band.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <time.h>

#define CELLS 100

static int robertson(realtype t, N_Vector state, N_Vector slope, void *user) {
  realtype *y = N_VGetArrayPointer(state), *d = N_VGetArrayPointer(slope);
  realtype slow = 0.04 * y[0], medium = 1e4 * y[1] * y[2], fast = 3e7 * y[1] * y[1];
  d[0] = medium - slow;
  d[1] = slow - medium - fast;
  d[2] = fast;
  return 0;
}

static int hires(realtype t, N_Vector state, N_Vector slope, void *user) {
  realtype *y = N_VGetArrayPointer(state), *d = N_VGetArrayPointer(slope);
  realtype bound = 280 * y[5] * y[7];
  d[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007;
  d[1] = 1.71 * y[0] - 8.75 * y[1];
  d[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4];
  d[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
  d[4] = -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6];
  d[5] = -bound + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6];
  d[6] = bound - 1.81 * y[6];
  d[7] = -bound + 1.81 * y[6];
  return 0;
}

static int vdpol(realtype t, N_Vector state, N_Vector slope, void *user) {
  realtype *y = N_VGetArrayPointer(state), *d = N_VGetArrayPointer(slope);
  d[0] = y[1];
  d[1] = 1000 * (1 - y[0] * y[0]) * y[1] - y[0];
  return 0;
}

static int orego(realtype t, N_Vector state, N_Vector slope, void *user) {
  realtype *y = N_VGetArrayPointer(state), *d = N_VGetArrayPointer(slope);
  d[0] = 77.27 * (y[1] + y[0] * (1 - 8.375e-6 * y[0] - y[1]));
  d[1] = (y[2] - (1 + y[0]) * y[1]) / 77.27;
  d[2] = 0.161 * (y[0] - y[2]);
  return 0;
}

static int e5(realtype t, N_Vector state, N_Vector slope, void *user) {
  realtype *y = N_VGetArrayPointer(state), *d = N_VGetArrayPointer(slope);
  realtype a = 7.89e-10 * y[0], b = 1.1e7 * y[0] * y[2], c = 1.13e9 * y[1] * y[2], back = 1.13e3 * y[3];
  d[0] = -a - b;
  d[1] = a - c;
  d[2] = a - b - c + back;
  d[3] = b - back;
  return 0;
}

static int pollu(realtype t, N_Vector state, N_Vector slope, void *user) {
  realtype *y = N_VGetArrayPointer(state), *d = N_VGetArrayPointer(slope);
  realtype r[26];
  r[1] = 0.35 * y[0];
  r[2] = 26.6 * y[1] * y[3];
  r[3] = 12300 * y[4] * y[1];
  r[4] = 8.6e-4 * y[6];
  r[5] = 8.2e-4 * y[6];
  r[6] = 15000 * y[6] * y[5];
  r[7] = 1.3e-4 * y[8];
  r[8] = 24000 * y[8] * y[5];
  r[9] = 16500 * y[10] * y[1];
  r[10] = 9000 * y[10] * y[0];
  r[11] = 0.022 * y[12];
  r[12] = 12000 * y[9] * y[1];
  r[13] = 1.88 * y[13];
  r[14] = 16300 * y[0] * y[5];
  r[15] = 4.8e6 * y[2];
  r[16] = 3.5e-4 * y[3];
  r[17] = 0.0175 * y[3];
  r[18] = 1e8 * y[15];
  r[19] = 4.44e11 * y[15];
  r[20] = 1240 * y[16] * y[5];
  r[21] = 2.1 * y[18];
  r[22] = 5.78 * y[18];
  r[23] = 0.0474 * y[0] * y[3];
  r[24] = 1780 * y[18] * y[0];
  r[25] = 3.12 * y[19];
  d[0] = -r[1] - r[10] - r[14] - r[23] - r[24] + r[2] + r[3] + r[9] + r[11] + r[12] + r[22] + r[25];
  d[1] = -r[2] - r[3] - r[9] - r[12] + r[1] + r[21];
  d[2] = -r[15] + r[1] + r[17] + r[19] + r[22];
  d[3] = -r[2] - r[16] - r[17] - r[23] + r[15];
  d[4] = -r[3] + 2 * r[4] + r[6] + r[7] + r[13] + r[20];
  d[5] = -r[6] - r[8] - r[14] - r[20] + r[3] + 2 * r[18];
  d[6] = -r[4] - r[5] - r[6] + r[13];
  d[7] = r[4] + r[5] + r[6] + r[7];
  d[8] = -r[7] - r[8];
  d[9] = -r[12] + r[7] + r[9];
  d[10] = -r[9] - r[10] + r[8] + r[11];
  d[11] = r[9];
  d[12] = -r[11] + r[10];
  d[13] = -r[13] + r[12];
  d[14] = r[14];
  d[15] = -r[18] - r[19] + r[16];
  d[16] = -r[20];
  d[17] = r[20];
  d[18] = -r[21] - r[22] - r[24] + r[23] + r[25];
  d[19] = -r[25] + r[24];
  return 0;
}

static int bruss(realtype t, N_Vector state, N_Vector slope, void *user) {
  realtype *y = N_VGetArrayPointer(state), *d = N_VGetArrayPointer(slope);
  realtype diffusion = (CELLS + 1) * (CELLS + 1) / 50.0;
  for (int i = 0; i < 2 * CELLS; i += 2) {
    realtype u = y[i], v = y[i + 1], reaction = u * u * v;
    realtype left = i == 0 ? 1 : y[i - 2], right = i == 2 * CELLS - 2 ? 1 : y[i + 2];
    realtype below = i == 0 ? 3 : y[i - 1], above = i == 2 * CELLS - 2 ? 3 : y[i + 3];
    d[i] = 1 + reaction - 4 * u + diffusion * (left - 2 * u + right);
    d[i + 1] = 3 * u - reaction + diffusion * (below - 2 * v + above);
  }
  return 0;
}

static int start(const char *name, CVRhsFn *f, realtype *t1, realtype *y) {
  memset(y, 0, 2 * CELLS * sizeof(realtype));
  y[0] = 1;
  if (strcmp(name, "robertson") == 0) return *f = robertson, *t1 = 1e11, 3;
  if (strcmp(name, "hires") == 0) return *f = hires, *t1 = 321.8122, y[7] = 0.0057, 8;
  if (strcmp(name, "vdpol") == 0) return *f = vdpol, *t1 = 2000, y[0] = 2, 2;
  if (strcmp(name, "orego") == 0) return *f = orego, *t1 = 360, y[1] = 2, y[2] = 3, 3;
  if (strcmp(name, "e5") == 0) return *f = e5, *t1 = 1e13, y[0] = 1.76e-3, 4;
  if (strcmp(name, "pollu") == 0)
    return *f = pollu, *t1 = 60, y[0] = 0, y[1] = 0.2, y[3] = 0.04, y[6] = 0.1, y[7] = 0.3, y[8] = 0.01, y[16] = 0.007, 20;
  if (strcmp(name, "bruss") != 0) return 0;
  for (int i = 0; i < 2 * CELLS; i += 2) {
    y[i] = 1 + sin(2 * M_PI * (i / 2 + 1) / (CELLS + 1));
    y[i + 1] = 3;
  }
  return *f = bruss, *t1 = 10, 2 * CELLS;
}

int main(void) {
  SUNContext context;
  if (SUNContext_Create(NULL, &context) != 0) return 1;
  printf("SUNDIALS %s\n", SUNDIALS_VERSION);
  fflush(stdout);
  char name[32];
  double rtol, atol;
  while (scanf("%31s %lf %lf", name, &rtol, &atol) == 3) {
    CVRhsFn f;
    realtype t1, t, y0[2 * CELLS];
    int size = start(name, &f, &t1, y0);
    if (size == 0) return 2;
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    N_Vector y = N_VNew_Serial(size, context);
    memcpy(N_VGetArrayPointer(y), y0, size * sizeof(realtype));
    void *solver = CVodeCreate(CV_BDF, context);
    int banded = size > 100;
    SUNMatrix matrix = banded ? SUNBandMatrix(size, 2, 2, context) : SUNDenseMatrix(size, size, context);
    SUNLinearSolver linear = banded ? SUNLinSol_Band(y, matrix, context) : SUNLinSol_Dense(y, matrix, context);
    CVodeInit(solver, f, 0, y);
    CVodeSStolerances(solver, rtol, atol);
    CVodeSetMaxNumSteps(solver, 1000000);
    CVodeSetLinearSolver(solver, linear, matrix);
    CVodeSetStopTime(solver, t1);
    int status = CVode(solver, t1, y, &t, CV_NORMAL);
    clock_gettime(CLOCK_MONOTONIC, &to);
    long evaluations, jacobians;
    CVodeGetNumRhsEvals(solver, &evaluations);
    CVodeGetNumJacEvals(solver, &jacobians);
    double seconds = to.tv_sec - from.tv_sec + 1e-9 * (to.tv_nsec - from.tv_nsec);
    if (status < 0) printf("nan %ld %ld", evaluations, jacobians);
    else printf("%.9f %ld %ld", seconds, evaluations, jacobians);
    for (int i = 0; i < size; i++) printf(" %.17g", N_VGetArrayPointer(y)[i]);
    printf("\n");
    fflush(stdout);
    CVodeFree(&solver);
    SUNLinSolFree(linear);
    SUNMatDestroy(matrix);
    N_VDestroy(y);
  }
  SUNContext_Free(&context);
  return 0;
}
