// SPDX-License-Identifier: Apache-2.0
// What LMDB alone allows the Provisioning Function: assignment records made durable a second, as
// many a commit as given, in a fresh folder. bench_pf_commits FOLDER ROWS-A-COMMIT...
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>

#include "provisioning/function/assignment_record.h"
#include "provisioning/function/ledger.h"
#include "storage/lmdb_store.h"

namespace {

using namespace msggw;

constexpr double kSecondsPerFigure = 3.0;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void measure(storage::Store& store, unsigned rows_a_commit, std::uint64_t& number) {
  storage::Batch batch;
  double rows = 0;
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  while (seconds_since(begin) < kSecondsPerFigure) {
    batch.clear();
    for (unsigned i = 0; i < rows_a_commit; ++i) {
      char private_id[32];
      char service_id[64];
      const auto n = static_cast<unsigned long long>(++number);
      std::snprintf(private_id, sizeof private_id, "bench-%010llu", n);
      std::snprintf(service_id, sizeof service_id, "n3g-%020llu@msgin5g.example", n);
      function::AssignmentRecord record;
      record.private_id = private_id;
      record.service_id = service_id;
      batch.put_with(function::kAssignments, number,
                     [&](std::string& out) { function::append_record(out, record); });
    }
    if (const auto done = store.apply(batch); !done) {
      std::fprintf(stderr, "%s\n", done.error().detail.c_str());
      std::exit(1);
    }
    rows += rows_a_commit;
  }
  const double took = seconds_since(begin);
  std::printf("rows_a_commit %u rows_per_second %.0f cpu_us_per_row %.2f\n", rows_a_commit,
              rows / took, static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC * 1e6 / rows);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_pf_commits FOLDER ROWS-A-COMMIT...\n");
    return 2;
  }
  storage::LmdbOptions options;
  options.folder = argv[1];
  options.tables = function::store_tables();
  const auto store = storage::open_lmdb_store(options);
  std::uint64_t number = 0;
  for (int i = 2; i < argc; ++i) measure(*store, static_cast<unsigned>(std::atoi(argv[i])), number);
  return 0;
}
