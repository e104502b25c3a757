// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/plugin/reporter.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "adapters/mqtt/access/report.h"

namespace msggw::mqtt::plugin {

namespace {

using access::Report;

constexpr std::size_t kDevicesAtOnce = 1'024;

}  // namespace

void Reporter::turn(const std::string& generation, base::TimePoint now) {
  if (!socket_ && !generation.empty() && (now >= try_at_ || try_at_ - now > kTryEvery))
    connect(generation, now);
  if (!socket_) {
    static_cast<void>(guard_.take_sightings());  // all is told at the next connection
    return;
  }
  if (!told_all_) tell_all();
  tell_changes();
  send();
}

void Reporter::connect(const std::string& generation, base::TimePoint now) {
  try_at_ = now + kTryEvery;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path_.native().size() >= sizeof to.sun_path) return;
  std::memcpy(to.sun_path, path_.c_str(), path_.native().size());
  base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    return;
  socket_ = std::move(socket);
  told_all_ = false;
  told_up_to_.reset();
  waiting_.clear();
  access::append_report(waiting_, {Report::Kind::hello, generation});
}

/// A part of those who are there, in the order of their numbers. Who comes or goes meanwhile is
/// told as a change too: twice is as good as once.
void Reporter::tell_all() {
  if (waiting_.size() > kMostWaiting / 2) return;
  const auto some = guard_.present_after(told_up_to_, kDevicesAtOnce);
  for (const std::uint32_t device : some)
    access::append_report(waiting_, {Report::Kind::came, {}, device});
  if (!some.empty()) told_up_to_ = some.back();
  told_all_ = some.size() < kDevicesAtOnce;
  if (told_all_) access::append_report(waiting_, {Report::Kind::all});
}

void Reporter::tell_changes() {
  for (const auto& [device, is_there] : guard_.take_sightings())
    access::append_report(waiting_,
                          {is_there ? Report::Kind::came : Report::Kind::went, {}, device});
  const auto refusals = guard_.take_refusals();
  for (std::uint32_t reason = 0; reason < refusals.size(); ++reason) {
    if (refusals.at(reason) > 0)
      access::append_report(waiting_, {Report::Kind::refused, {}, reason, refusals.at(reason)});
  }
}

void Reporter::send() {
  while (!waiting_.empty()) {
    const ssize_t sent = ::send(socket_.get(), waiting_.data(), waiting_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return close();
    if (sent < 0) break;
    waiting_.erase(0, static_cast<std::size_t>(sent));
  }
  char nothing;  // the gateway says nothing here: what can be read is its end
  const ssize_t got = ::recv(socket_.get(), &nothing, 1, MSG_DONTWAIT);
  if (waiting_.size() > kMostWaiting || got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
    close();
}

}  // namespace msggw::mqtt::plugin
