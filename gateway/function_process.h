#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/admin/admin.h"
#include "gateway/base/clock.h"
#include "gateway/base/metrics.h"
#include "gateway/listeners.h"
#include "gateway/loop/loop.h"
#include "provisioning/function/function.h"
#include "provisioning/function/options.h"
#include "storage/store.h"

namespace msggw {

/// The Provisioning Function, wired: its own loop, writer and store, whether it is a process of its
/// own or a thread beside a gateway. The constructor opens and reads the store; start() binds. Both
/// throw std::runtime_error.
class FunctionProcess {
 public:
  FunctionProcess(const function::Options& options, base::Duration watchdog);

  void start();
  /// On the calling thread until stop().
  void run();
  void stop() { loop_.stop(); }  ///< from any thread

  loop::Loop& loop() noexcept { return loop_; }
  std::vector<Listener> listeners() const;

 private:
  base::Clock clock_;
  base::metrics::Registry metrics_;
  loop::Loop loop_;
  std::unique_ptr<storage::Store> store_;
  function::Function function_;
  std::uint16_t admin_port_;
  std::unique_ptr<admin::Admin> admin_;
};

}  // namespace msggw
