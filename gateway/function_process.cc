#include "gateway/function_process.h"

#include <utility>

#include "storage/lmdb_store.h"
#include "storage/memory_store.h"

namespace msggw {

namespace {

std::unique_ptr<storage::Store> open_store(const function::Options& options) {
  if (options.volatile_store)
    return std::make_unique<storage::MemoryStore>(function::store_tables().size());
  storage::LmdbOptions lmdb;
  lmdb.folder = options.folder;
  lmdb.tables = function::store_tables();
  return storage::open_lmdb_store(std::move(lmdb));
}

}  // namespace

FunctionProcess::FunctionProcess(const function::Options& options, base::Duration watchdog)
    : loop_("pf", watchdog, clock_, metrics_),
      store_(open_store(options)),
      function_(loop_.io(), options, *store_, clock_, metrics_),
      admin_port_(options.admin_port) {
  function_.load();
}

void FunctionProcess::start() {
  function_.start();
  if (admin_port_ == 0) return;
  admin_ = std::make_unique<admin::Admin>(loop_.io(), "127.0.0.1", admin_port_, metrics_, [this] {
    return std::vector<admin::Part>{{"store", function_.healthy(), true}};
  });
}

std::vector<Listener> FunctionProcess::listeners() const {
  std::vector<Listener> all;
  for (const std::string& root : function_.api_roots())
    all.push_back({root, "Provisioning Function"});
  if (admin_)
    all.push_back(
        {"http://127.0.0.1:" + std::to_string(admin_->port()) + "/metrics", "operator: metrics"});
  return all;
}

void FunctionProcess::run() {
  loop_.run([this] { function_.end_turn(clock_.now()); });
  function_.stop();
}

}  // namespace msggw
