// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/broker.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "gateway/base/address.h"
#include "gateway/base/handle.h"

namespace msggw::mqtt {

namespace {

using tcp = boost::asio::ip::tcp;

constexpr std::chrono::seconds kStartWithin{10};
constexpr std::chrono::seconds kEndWithin{3};
constexpr std::chrono::milliseconds kLook{5};

std::filesystem::path find_program() {
  const char* const path = std::getenv("PATH");
  // Debian installs it where the PATH of an ordinary user does not look.
  std::string folders = std::string(path != nullptr ? path : "") + ":/usr/sbin:/usr/local/sbin";
  for (std::size_t begin = 0; begin < folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const auto candidate = std::filesystem::path(folders.substr(begin, end - begin)) / "mosquitto";
    if (candidate.is_absolute() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  throw std::runtime_error(
      "there is no program `mosquitto` in PATH, /usr/sbin or /usr/local/sbin; install the package "
      "mosquitto");
}

/// Takes the port, or a free one for 0, without listening on it: the broker can still bind it
/// (both reuse addresses), but nobody is given it as a free one meanwhile, not even as the source
/// of our own first connection to it. Mosquitto by itself would end with a line in its log only.
void claim_port(tcp::acceptor& claim, BrokerOptions& options) {
  boost::system::error_code error;
  const tcp::endpoint wanted(options.address, options.port);
  claim.open(wanted.protocol(), error);
  if (!error) claim.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) claim.bind(wanted, error);
  if (!error) {
    options.port = claim.local_endpoint().port();
    return;
  }
  const std::string where =
      base::to_string(base::Address{base::Host(options.address), options.port});
  if (error == boost::asio::error::address_in_use) {
    throw std::runtime_error("TCP port " + where +
                             " for the MQTT broker is taken by another program (a Mosquitto of the "
                             "system?); choose another port or stop that program");
  }
  throw std::runtime_error("cannot listen on " + where + ": " + error.message());
}

/// In the child: becomes the broker or reports errno. Only calls that are allowed after fork().
[[noreturn]] void become(char* const* arguments, pid_t parent, int log, int report) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);       // it saves its sessions
  if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setpgid(0, 0);  // Ctrl-C is for the parent, which then ends the broker in order
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execv(arguments[0], arguments);
  const int error = errno;
  [[maybe_unused]] const auto ignored = ::write(report, &error, sizeof error);
  ::_exit(127);
}

pid_t spawn(const std::filesystem::path& program, const std::filesystem::path& configuration,
            const std::filesystem::path& log_file) {
  // What it says before it has read its configuration goes to its standard error.
  const base::UniqueFd log(
      ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log)
    throw std::runtime_error("cannot write " + log_file.string() + ": " + std::strerror(errno));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw std::runtime_error(std::string("no pipe: ") + std::strerror(errno));
  base::UniqueFd reads(ends[0]);
  base::UniqueFd writes(ends[1]);
  std::string words[] = {program.string(), "-c", configuration.string()};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(arguments, parent, log.get(), writes.get());
  if (child < 0) throw std::runtime_error(std::string("no process: ") + std::strerror(errno));
  writes.reset();
  int error = 0;
  if (::read(reads.get(), &error, sizeof error) == sizeof error) {
    ::waitpid(child, nullptr, 0);
    throw std::runtime_error("cannot run " + program.string() + ": " + std::strerror(error));
  }
  return child;
}

}  // namespace

Broker::Broker(BrokerOptions options) : options_(std::move(options)), program_(find_program()) {
  if (options_.dir.string().find('\n') != std::string::npos)
    throw std::runtime_error("the broker's folder must not have a line break in its name");
  options_.dir = std::filesystem::absolute(options_.dir);
  start();
}

Broker::~Broker() {
  end(SIGTERM);
}

void Broker::start() {
  boost::asio::io_context io;
  tcp::acceptor claim(io);
  claim_port(claim, options_);
  write_configuration();
  pid_ = spawn(program_, options_.dir / "mosquitto.conf", log_file());
  try {
    wait_until_it_listens();
  } catch (...) {
    end(SIGKILL);
    throw;
  }
}

void Broker::end(int signal) {
  if (pid_ < 0) return;
  ::kill(pid_, signal);
  const auto until = std::chrono::steady_clock::now() + kEndWithin;
  while (!has_ended()) {
    if (std::chrono::steady_clock::now() > until) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(kLook);
  }
}

bool Broker::has_ended() {
  if (pid_ < 0) return true;
  const pid_t ended = ::waitpid(pid_, nullptr, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return false;
  pid_ = -1;
  return true;
}

void Broker::write_configuration() const {
  const auto file = options_.dir / "mosquitto.conf";
  std::ofstream out(file, std::ios::trunc);
  // Started as root it would become `mosquitto`, which may not write here.
  if (::geteuid() == 0) out << "user root\n";
  out << "listener " << options_.port << ' ' << options_.address << '\n'
      << "allow_anonymous true\n"
      << "persistence true\n"
      << "persistence_location " << options_.dir.string() << "/\n"
      << "autosave_interval 60\n"
      << "log_dest file " << log_file().string() << '\n'
      << "log_type error\nlog_type warning\nlog_type notice\n"
      << "log_timestamp_format %Y-%m-%dT%H:%M:%S\n"
      << "connection_messages false\n"
      << "set_tcp_nodelay true\n"
      // The defaults, 20 and 1,000, lose the requests of a fleet that comes back at once, silently.
      << "max_inflight_messages 1000\n"
      << "max_queued_messages 200000\n"
      << options_.more;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

void Broker::wait_until_it_listens() {
  boost::asio::io_context io;
  const auto until = std::chrono::steady_clock::now() + kStartWithin;
  while (std::chrono::steady_clock::now() < until) {
    tcp::socket probe(io);
    boost::system::error_code error;
    probe.connect(tcp::endpoint(options_.address, options_.port), error);
    if (!error) return;
    if (has_ended())
      throw std::runtime_error("the broker " + program_.string() + " ended: " + last_log_lines());
    std::this_thread::sleep_for(kLook);
  }
  throw std::runtime_error("the broker does not accept connections; see " + log_file().string());
}

std::string Broker::last_log_lines() const {
  std::ifstream in(log_file());
  std::string before;
  std::string last = "(no log)";
  for (std::string line; std::getline(in, line);) {
    before = std::exchange(last, std::move(line));
  }
  return before + " " + last;
}

}  // namespace msggw::mqtt
