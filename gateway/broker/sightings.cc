// SPDX-License-Identifier: Apache-2.0
#include "gateway/broker/sightings.h"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "adapters/mqtt/access/report.h"
#include "gateway/base/text.h"

namespace msggw::broker {

namespace {

using mqtt::access::Report;

constexpr base::Duration kListenAgain{10'000};  ///< or it is looked whether others still can
constexpr base::Duration kAcceptAgain{100};
constexpr std::array<std::string_view, mqtt::access::kRefusals> kReasons{
    "login", "too_many", "client_id", "topic", "ended"};

}  // namespace

struct Sightings::Peer {
  explicit Peer(Protocol::socket&& accepted) : socket(std::move(accepted)) {}

  Protocol::socket socket;
  std::array<char, 4'096> buffer{};
  std::string line;
  bool has_greeted = false;
};

Sightings::Sightings(const base::Context& context, const std::filesystem::path& folder,
                     Events events, std::function<const std::string&()> generation,
                     std::function<std::uint32_t()> devices)
    : context_(context),
      path_(folder / mqtt::access::kSocket),
      events_(std::move(events)),
      generation_(std::move(generation)),
      devices_(std::move(devices)),
      there_(base::metrics::gauge(context.metrics, "msggw_broker_plugin_connected",
                                  "1 while the broker's plugin tells who is connected")),
      devices_there_(base::metrics::gauge(context.metrics, "msggw_broker_devices_connected",
                                          "Devices that the broker's plugin sees connected")),
      acceptor_(context.io),
      retry_(context.io) {
  for (std::size_t reason = 0; reason < kReasons.size(); ++reason) {
    refused_.at(reason) = &base::metrics::counter(
        context.metrics, "msggw_broker_refused_total",
        "What the broker's plugin has turned away, and connections it has ended",
        {{"reason", std::string(kReasons.at(reason))}});
  }
}

Sightings::~Sightings() {
  boost::system::error_code ignored;
  if (peer_) peer_->socket.close(ignored);
  if (acceptor_.is_open()) ::unlink(path_.c_str());
}

void Sightings::end_turn(base::TimePoint now) {
  if (now < listen_at_) return;
  listen_at_ = now + kListenAgain;
  boost::system::error_code ignored;
  if (acceptor_.is_open()) {
    if (is_there()) return;
    acceptor_.close(ignored);
    retry_.cancel();
  }
  const auto listening = listen();
  reason_ = listening ? std::string() : listening.error().detail;
  if (listening) return accept();
  acceptor_.close(ignored);
  if (log_limit_.pass(now)) base::log::error("broker_plugin_unheard", {{"reason", reason_}});
}

/// Whether a plugin finds the socket where it looks.
bool Sightings::is_there() const {
  struct stat there{};
  return ::lstat(path_.c_str(), &there) == 0 &&
         socket_ == std::pair<std::uint64_t, std::uint64_t>(there.st_dev, there.st_ino);
}

/// Only the group of the folder may connect: that is the broker.
base::Result<void> Sightings::listen() {
  boost::system::error_code error;
  const auto failed = [&](const char* doing) {
    return base::fail(base::Errc::unavailable,
                      base::printable(path_.native(), 200) + ": " + doing + ": " + error.message());
  };
  ::unlink(path_.c_str());
  acceptor_.open(Protocol(), error);
  if (error) return failed("open");
  Protocol::endpoint here;
  try {
    here = Protocol::endpoint(path_.native());
  } catch (const boost::system::system_error& too_long) {
    error = too_long.code();
    return failed("cannot be a socket");
  }
  acceptor_.bind(here, error);
  if (error) return failed("bind");
  if (::chmod(path_.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0) {
    error.assign(errno, boost::system::system_category());
    return failed("chmod");
  }
  acceptor_.listen(4, error);
  if (error) return failed("listen");
  struct stat made{};
  if (::lstat(path_.c_str(), &made) != 0) made = {};
  socket_ = {made.st_dev, made.st_ino};
  return {};
}

void Sightings::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, Protocol::socket socket) {
    if (error == boost::asio::error::operation_aborted) return;
    // For want of descriptors, mostly: at once it would fail again.
    if (error) return accept_at(std::chrono::steady_clock::now() + kAcceptAgain);
    lose();
    peer_ = std::make_shared<Peer>(std::move(socket));
    read(peer_);
    accept_at(calm_until_);
  });
}

void Sightings::accept_at(std::chrono::steady_clock::time_point when) {
  if (std::chrono::steady_clock::now() >= when) return accept();
  retry_.expires_at(when);
  retry_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) accept();
  });
}

void Sightings::read(const std::shared_ptr<Peer>& peer) {
  peer->socket.async_read_some(
      boost::asio::buffer(peer->buffer),
      [this, peer](const boost::system::error_code& error, std::size_t octets) {
        if (error == boost::asio::error::operation_aborted || peer != peer_) return;
        if (!error && take(*peer, {peer->buffer.data(), octets})) {
          tell();
          return read(peer);
        }
        lose();
      });
}

/// False: it is not what a plugin of this version says.
bool Sightings::take(Peer& peer, std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t end = octets.find('\n');
    peer.line.append(octets.substr(0, end));
    if (peer.line.size() > mqtt::access::kMostLineOctets) return false;
    if (end == std::string_view::npos) return true;
    octets.remove_prefix(end + 1);
    if (!take_line(peer, std::exchange(peer.line, {}))) return false;
  }
  return true;
}

bool Sightings::take_line(Peer& peer, std::string_view line) {
  const auto report = mqtt::access::parse_report(line);
  if (!report || (report->kind == Report::Kind::hello) == peer.has_greeted) return false;
  switch (report->kind) {
    case Report::Kind::hello:
      peer.has_greeted = report->generation == generation_();
      return peer.has_greeted;
    case Report::Kind::came: see(report->number, true); break;
    case Report::Kind::went: see(report->number, false); break;
    case Report::Kind::all:
      if (std::exchange(is_told_, true)) break;
      there_.Set(1);
      base::log::info("broker_plugin_heard", {{"devices", count_}});
      tell();
      tell_of_missing();
      break;
    case Report::Kind::refused:
      refused_.at(report->number)->Increment(static_cast<double>(report->count));
      break;
  }
  return true;
}

void Sightings::see(std::uint32_t device, bool is_there) {
  if (device >= devices_()) return;
  if (device >= connected_.size()) connected_.resize(device + 1);
  if (connected_[device] != is_there) is_there ? ++count_ : --count_;
  connected_[device] = is_there;
  changed_.push_back(device);
}

/// What is so now, of what was read at once: a device that went and came has not gone, and what it
/// has said since over MQTT holds.
void Sightings::tell() {
  told_.resize(connected_.size());
  for (const std::uint32_t device : std::exchange(changed_, {})) {
    if (told_[device] == connected_[device]) continue;
    told_[device] = connected_[device];
    events_.seen(core::DeviceNo{device}, connected_[device]);
  }
  devices_there_.Set(static_cast<double>(count_));
}

void Sightings::tell_of_missing() {
  const std::vector<bool> before = std::exchange(before_, {});
  for (std::uint32_t device = 0; device < before.size(); ++device) {
    if (before[device] && !is_connected(core::DeviceNo{device}))
      events_.seen(core::DeviceNo{device}, false);
  }
}

void Sightings::lose() {
  if (!peer_) return;
  boost::system::error_code ignored;
  std::exchange(peer_, nullptr)->socket.close(ignored);
  if (!is_told_ && connected_.empty()) return;  // it has told nothing
  calm_until_ = std::chrono::steady_clock::now() + kCalm;
  if (before_.size() < told_.size()) before_.resize(told_.size());
  for (std::size_t device = 0; device < told_.size(); ++device)
    before_[device] = before_[device] || told_[device];
  told_.clear();
  connected_.clear();
  changed_.clear();
  count_ = 0;
  there_.Set(0);
  devices_there_.Set(0);
  events_.lost();
  if (std::exchange(is_told_, false) && log_limit_.pass(context_.clock.now()))
    base::log::warn("broker_plugin_lost");
}

}  // namespace msggw::broker
