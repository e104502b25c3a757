// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/service_manager.h"

#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace msggw::process {

namespace {

using Datagram = boost::asio::local::datagram_protocol;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// A path, or '@' and an abstract name; none: nobody listens, or not in a way that we speak.
std::optional<Datagram::endpoint> manager() {
  std::string name(variable("NOTIFY_SOCKET"));
  if (name.size() < 2 || (name[0] != '/' && name[0] != '@')) return std::nullopt;
  if (name.size() >= sizeof(sockaddr_un::sun_path)) return std::nullopt;
  if (name[0] == '@') name[0] = '\0';
  return Datagram::endpoint(name);
}

/// How long a watched process may be silent; 0: nobody watches, or another process.
std::chrono::microseconds watched() {
  const auto number = [](std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  const auto whom = variable("WATCHDOG_PID");
  const bool is_ours = whom.empty() || number(whom) == ::getpid();
  return std::chrono::microseconds(is_ours ? number(variable("WATCHDOG_USEC")) : 0);
}

/// What a manager wants to hear with RELOADING=1, to tell an old READY=1 from the next one.
std::string now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

}  // namespace

ServiceManager::ServiceManager(boost::asio::io_context& io,
                               std::function<std::vector<admin::Part>()> look)
    : look_(std::move(look)), socket_(io), manager_(manager()), timer_(io) {
  if (const auto silent = watched(); silent.count() > 1) every_ = silent / 2;
  boost::system::error_code error;
  if (manager_) socket_.open(Datagram(), error);
  if (!error && manager_) socket_.non_blocking(true, error);
  if (error) manager_.reset();
}

void ServiceManager::ready() {
  if (manager_) beat();
}

void ServiceManager::reload(const std::function<void()>& work) {
  send("RELOADING=1\nMONOTONIC_USEC=" + now() + "\nSTATUS=reads its files again");
  work();
  send("READY=1\nSTATUS=" + standing());
}

void ServiceManager::stopping() {
  stopping_ = true;
  send("STOPPING=1\nSTATUS=stopping: what was taken in is stored");
}

void ServiceManager::beat() {
  send(stopping_ ? "STOPPING=1\nWATCHDOG=1" : "READY=1\nWATCHDOG=1\nSTATUS=" + standing());
  timer_.expires_after(every_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) beat();
  });
}

/// Never waits: a manager that does not take it hears the next beat.
void ServiceManager::send(std::string_view message) {
  boost::system::error_code ignored;
  if (manager_) socket_.send_to(boost::asio::buffer(message), *manager_, 0, ignored);
}

std::string ServiceManager::standing() const {
  std::string names;
  for (const admin::Part& part : look_()) {
    if (!part.well) names.append(names.empty() ? "; not well: " : ", ").append(part.name);
  }
  return "serving" + names;
}

}  // namespace msggw::process
