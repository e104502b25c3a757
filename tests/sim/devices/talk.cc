// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/devices/talk.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "tests/sim/fleet/campaign.h"

namespace msggw::devices {

namespace {

constexpr Instant kLongestSleep = std::chrono::milliseconds(20);
constexpr std::string_view kDelivered = "REPT_DELY_SUCCESS";
constexpr std::string_view kFailed = "REPT_DELY_FAILED";

fleet::Options ids_of(const Options& options) {
  fleet::Options ids;
  ids.devices = options.devices;
  ids.first = options.first;
  ids.id_template = options.id_template;
  return ids;
}

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Talk::Talk(const Options& options)
    : options_(options),
      ids_(ids_of(options)),
      service_ids_(options.devices),
      ledger_(options.ledger) {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  interrupt_.reset(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  for (std::uint32_t device = 0; device < options_.devices; ++device) sender_.add_device();
}

Talk::~Talk() {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Talk::registered(std::uint32_t device, std::string_view service_id) {
  service_ids_[device] = service_id;
}

void Talk::ready() {
  std::puts("ready");
  std::fflush(stdout);
  if (options_.plan.count > 0) sender_.begin(options_.plan, traffic::clock_now());
}

std::optional<Sending> Talk::next(Instant now) {
  const auto what = sender_.next(now);
  if (!what || !ledger_.is_kept()) return what;
  traffic::write_id(what->stamp, id_);
  const std::uint32_t number = what->stamp.number;
  note("sent", what->device, id_,
       {{"report", sender_.plan().wants_report(number)}, {"high", sender_.plan().is_high(number)}});
  return what;
}

Instant Talk::sleep(Instant now) const {
  if (!sender_.is_running()) return kLongestSleep;
  const Instant rest = sender_.next_start(now) - now;
  return rest > Instant(0) ? std::min(rest, kLongestSleep) : kLongestSleep;
}

const std::string& Talk::body_of(const Sending& what) {
  const traffic::Plan& plan = sender_.plan();
  traffic::write_id(what.stamp, id_);
  body_.assign(R"({"destAddr":{"addrType":"AS","addr":")").append(options_.recipient);
  body_.append(R"("},"msgId":")").append(id_);
  if (plan.wants_report(what.stamp.number))
    body_.append(R"(","delivStReqInd":true,"payload":")");
  else
    body_.append(R"(","payload":")");
  body_.append(id_);
  if (id_.size() < plan.octets) body_.append(plan.octets - id_.size(), 'x');
  body_.append(plan.is_high(what.stamp.number) ? R"(","priority":"HIGH"})" : R"("})");
  return body_;
}

void Talk::accepted(const Sending& what, Instant now) {
  sender_.taken(what, now);
  if (!ledger_.is_kept()) return;
  traffic::write_id(what.stamp, id_);
  note("accepted", what.device, id_);
}

void Talk::refused(const Sending& what, std::string_view why, Instant now) {
  sender_.taken(what, now);
  count(why);
  if (!ledger_.is_kept()) return;
  traffic::write_id(what.stamp, id_);
  note("refused", what.device, id_, {{"why", why}});
}

std::optional<Talk::Given> Talk::got(std::uint32_t device, std::string_view body, Instant now) {
  const Given given{traffic::text_in(body, "msgId"), !traffic::text_in(body, "delivSt").empty()};
  const auto stamp = traffic::read_id(given.id);
  if (!stamp) {
    count("neither a message nor a report");
    return std::nullopt;
  }
  (given.is_report ? reports_ : messages_).add(stamp->at, now);
  if (!ledger_.is_kept()) return given;
  if (given.is_report) {
    note("told", device, given.id, {{"status", traffic::text_in(body, "delivSt")}});
  } else {
    note("got", device, given.id,
         {{"whole", traffic::text_in(body, "payload").starts_with(given.id)}});
  }
  return given;
}

bool Talk::refuses(std::string_view id) const {
  const auto stamp = traffic::read_id(id);
  return stamp && options_.refuse_every != 0 && stamp->number % options_.refuse_every == 0;
}

void Talk::write_report(std::string_view id, std::string& body) const {
  body.assign(R"({"msgId":")").append(id).append(R"(","delivSt":")");
  body.append(refuses(id) ? kFailed : kDelivered).append(R"("})");
}

void Talk::reported(std::uint32_t device, std::string_view id) {
  note("reported", device, id, {{"status", refuses(id) ? kFailed : kDelivered}});
}

void Talk::count(std::string_view what) {
  const auto found = counts_.find(what);
  if (found == counts_.end())
    counts_.emplace(what, 1);
  else
    ++found->second;
}

void Talk::interrupt() {
  signalfd_siginfo taken;
  interrupted_ = ::read(interrupt_.get(), &taken, sizeof taken) > 0 || interrupted_;
}

bool Talk::read_commands() {
  const auto commands = commands_.take();
  if (!commands) return false;
  for (const boost::json::object& command : *commands) {
    const auto* const what = command.if_contains("do");
    if (what != nullptr && *what == "count") {
      traffic::say(show_counts());
    } else if (what != nullptr && *what == "forget") {
      messages_.forget();
      reports_.forget();
      counts_.clear();
    } else if (what != nullptr && *what == "send" && !sender_.is_running()) {
      const auto plan = traffic::read_plan(command.at("plan"));
      if (!plan) throw std::runtime_error(plan.error().detail);
      sender_.begin(*plan, traffic::clock_now());
    } else {
      throw std::runtime_error("the commands are send, one at a time, count and forget");
    }
  }
  return true;
}

void Talk::turn() {
  if (auto result = sender_.take_result()) traffic::say({{"sent", std::move(*result)}});
}

boost::json::object Talk::show_counts() const {
  boost::json::object others;
  for (const auto& [what, count] : counts_) others[what] = count;
  return {{"messages", messages_.show()},
          {"reports", reports_.show()},
          {"others", std::move(others)},
          {"cpuSeconds", std::chrono::duration<double>(fleet::own_cpu_time()).count()}};
}

void Talk::note(const char* event, std::uint32_t device, std::string_view id,
                boost::json::object more) {
  if (!ledger_.is_kept()) return;
  boost::json::object line{{"event", event}, {"device", service_ids_[device]}, {"id", id}};
  for (auto& [name, value] : more) line[name] = std::move(value);
  ledger_.add(line);
}

}  // namespace msggw::devices
