// SPDX-License-Identifier: Apache-2.0
#include "storage/fault_words.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <utility>

namespace msggw::storage {

namespace {

/// More than are open in a process at once; of one beyond them only Following is known.
constexpr std::size_t kMost = 16;

std::array<std::atomic<const FaultWords*>, kMost> all{};
constinit thread_local const FaultWords* followed = nullptr;

struct Handled {
  int signal;
  struct sigaction before;
};
std::array<Handled, 2> handled{{{SIGSEGV, {}}, {SIGBUS, {}}}};

const FaultWords* words_of(const void* address) noexcept {
  if (followed != nullptr) return followed;
  for (const auto& place : all) {
    const FaultWords* const words = place.load(std::memory_order_acquire);
    if (words != nullptr && words->maps(address)) return words;
  }
  return nullptr;
}

void on_fault(int signal, siginfo_t* info, void*) {
  const bool is_sent = info->si_code <= 0;  // by a process, for whatever reason
  const FaultWords* const words = is_sent ? nullptr : words_of(info->si_addr);
  if (words != nullptr) words->end();
  for (const Handled& one : handled) {
    if (one.signal == signal) ::sigaction(signal, &one.before, nullptr);
  }
  if (is_sent) ::raise(signal);  // a fault comes again by itself
}

bool handle_faults() {
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (Handled& one : handled) ::sigaction(one.signal, &action, &one.before);
  return true;
}

}  // namespace

FaultWords::FaultWords(std::string words, int exit_code)
    : words_(std::move(words)), exit_code_(exit_code) {
  static const bool handles = handle_faults();
  static_cast<void>(handles);
  words_ += '\n';
  for (auto& place : all) {
    const FaultWords* none = nullptr;
    if (place.compare_exchange_strong(none, this)) break;
  }
}

FaultWords::~FaultWords() {
  for (auto& place : all) {
    const FaultWords* own = this;
    place.compare_exchange_strong(own, nullptr);
  }
}

bool FaultWords::maps(const void* address) const noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const auto begin = reinterpret_cast<std::uintptr_t>(map_.data());
  return at >= begin && at - begin < map_.size();
}

void FaultWords::end() const noexcept {
  static_cast<void>(!::write(STDERR_FILENO, words_.data(), words_.size()));
  ::_exit(exit_code_);
}

FaultWords::Following::Following(const FaultWords& words) noexcept
    : before_(std::exchange(followed, &words)) {}

FaultWords::Following::~Following() {
  followed = before_;
}

}  // namespace msggw::storage
