// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/downlink.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "adapters/mqtt/speaker.h"
#include "gateway/credentials/gate.h"

namespace msggw::mqtt {

namespace {

constexpr auto kJson = payload::Encoding::json;
constexpr auto kMqtt = core::Bearer::mqtt;
constexpr std::chrono::seconds kLeastExpiry{1};
constexpr std::uint8_t kNobodySubscribed = 0x10;  // MQTT 5, 3.4.2.1
constexpr std::uint8_t kPacketTooLarge = 0x95;

}  // namespace

Downlink::Metrics::Metrics(base::metrics::Registry& registry)
    : astray(base::metrics::counter(registry, "msggw_mqtt_reports_astray_total",
                                    "Reports of devices for messages that they do not have")),
      under_way(base::metrics::gauge(registry, "msggw_mqtt_unproven",
                                     "Messages brought to devices that wait for their proof")),
      under_way_octets(base::metrics::gauge(registry, "msggw_mqtt_unproven_octets",
                                            "What these take in the store")) {
  constexpr std::array<const char*, kOutcomes> kNames{
      "reported", "broker", "failed", "no_proof", "absent", "came_back", "denied", "unsupported"};
  for (std::size_t i = 0; i < kOutcomes; ++i)
    outcomes[i] = &base::metrics::counter(registry, "msggw_mqtt_brought_total",
                                          "What became of messages brought to devices",
                                          {{"outcome", kNames[i]}});
  for (const bool is_message : {false, true})
    published[is_message ? 1 : 0] = &base::metrics::counter(
        registry, "msggw_mqtt_published_total", "Messages that the broker has taken",
        {{"kind", is_message ? "down" : "report"}});
}

Downlink::Downlink(const base::Context& context, const Doors& doors, Connection& connection,
                   Presence& presence)
    : registrations_(doors.registrations),
      messages_(doors.messages),
      proofs_(doors.proofs),
      io_(context.io),
      clock_(context.clock),
      connection_(connection),
      presence_(presence),
      metrics_(context.metrics) {}

std::size_t Downlink::waiting(core::DeviceNo device) const {
  return messages_->queue().lanes.of(device, false).messages;
}

/// Where the device listens: as it spoke last, or is told how it stands.
std::optional<std::string> Downlink::name_of(core::DeviceNo device) const {
  const core::Tables& tables = registrations_.tables();
  const auto is_its_name = [&](std::string_view name) {
    return tables.find_private_id(name) == device;
  };
  if (const auto found = spoke_as_.find(device); found != spoke_as_.end()) {
    if (is_its_name(found->second)) return found->second;
  }
  for (const std::string_view name : tables.postings(device)) {
    if (is_its_name(name)) return std::string(name);
  }
  return std::nullopt;
}

bool Downlink::may_have(core::DeviceNo device) const {
  const core::Device& row = registrations_.tables().device(device);
  const bool served =
      row.state == core::DeviceState::provisioned || row.state == core::DeviceState::registered;
  if (!served || !row.binding(kMqtt).alive()) return false;
  const Options& options = connection_.options();
  const core::Speaker speaker = credentials::with(
      evidence_of(options), core::holder(registrations_.tables(), device), proofs_);
  return !core::why_not(speaker, core::Act::message, policy_of(options));
}

bool Downlink::is_here(core::DeviceNo device) const {
  return connection_.is_ready() && (presence_.is_online(device) || heard_.has(device)) &&
         may_have(device);
}

void Downlink::heard(core::DeviceNo device, std::string_view id) {
  if (messages_ == nullptr) return;
  if (!registrations_.tables().others_posted.of(device).empty()) spoke_as_[device] = id;
  if (!presence_.is_online(device)) heard_.note(device);
  look_no_more(device);
  call(device);
}

/// What waits for the device may come, if it is there.
void Downlink::call(core::DeviceNo device) {
  if (waiting(device) == 0 || !is_here(device)) return;
  called_.insert(device);
  messages_->reachable(device, kMqtt);
  if (!presence_.is_online(device)) look_later(device);
}

void Downlink::uncall(core::DeviceNo device) {
  called_.erase(device);
  messages_->unreachable(device, kMqtt);
}

void Downlink::look_later(core::DeviceNo device) {
  if (looks_.size() >= kMostLooks) return;
  Look& look = looked_for_[device];
  if (look.at) return;
  look.wait = std::clamp(2 * look.wait, kLookAgain, kMostLookAgain);
  look.at = looks_.emplace(clock_.now() + look.wait, device);
}

void Downlink::look_no_more(core::DeviceNo device) {
  const auto found = looked_for_.find(device);
  if (found == looked_for_.end()) return;
  if (found->second.at) looks_.erase(*found->second.at);
  looked_for_.erase(found);
}

void Downlink::left(core::DeviceNo device) {
  if (messages_ == nullptr) return;
  heard_.forget(device);
  look_no_more(device);
  spoke_as_.erase(device);
  uncall(device);
  const auto found = slots_.find(device);
  if (found == slots_.end()) return;
  for (const Tag tag : Slots(found->second)) {
    if (tag != 0 && attempts_.at(tag).under_way) give_back(tag, Outcome::came_back);
  }
}

bool Downlink::reported(core::DeviceNo device, const payload::ReportBody& report) {
  const base::TimePoint now = clock_.now();
  const Outcome outcome = report.delivered ? Outcome::reported : Outcome::failed;
  const auto found = slots_.find(device);
  const Slots slots = found == slots_.end() ? Slots{} : found->second;
  for (const Tag tag : slots) {
    if (tag == 0) continue;
    const Attempt& attempt = attempts_.at(tag);
    if (attempt.is_message && attempt.message_id == report.message_id) {
      end(tag, outcome, now, report.failure_cause);
      return true;
    }
  }
  // A process before this one may have brought it.
  const auto waits = messages_->next_under(device, report.message_id);
  if (!waits) {
    metrics_.astray.Increment();
    return false;
  }
  metrics_.outcomes[static_cast<std::size_t>(outcome)]->Increment();
  if (report.delivered)
    messages_->proven(*waits, now);
  else
    messages_->failed(*waits, messages::Cause::refused, now, report.failure_cause);
  return true;
}

void Downlink::answered(Tag tag, std::uint8_t reason) {
  if (!is_under_way(tag)) return;
  const Attempt& attempt = attempts_.at(tag);
  const core::DeviceNo device = attempt.device;
  switch (reason) {
    case 0: return taken(tag, attempt, clock_.now());
    case Session::kNotSent: return give_back(tag, Outcome::came_back);
    case kPacketTooLarge: return end(tag, Outcome::unsupported, clock_.now());
    case kNobodySubscribed: give_back(tag, Outcome::absent); break;
    default: give_back(tag, Outcome::denied); break;
  }
  uncall(device);
  look_later(device);
}

/// The broker has it. A device that reports, or whose Will would tell that it left, is waited for.
void Downlink::taken(Tag tag, const Attempt& attempt, base::TimePoint now) {
  metrics_.published[attempt.is_message ? 1 : 0]->Increment();
  if (attempt.reports) return;
  // In MQTT 3.1.1 a PUBACK does not tell whether anybody was there, nor that it was let through.
  const Session::Grants& grants = connection_.grants();
  const bool proves = connection_.options().proof == Proof::broker && grants.qos_1 &&
                      grants.version == protocol::Version::mqtt5;
  if (proves && presence_.is_connected(attempt.device)) return end(tag, Outcome::broker, now);
  if (presence_.is_online(attempt.device)) return;
  // Of a report nobody waits for proof.
  end(tag, attempt.is_message ? Outcome::no_proof : Outcome::broker, now);
}

void Downlink::end(Tag tag, Outcome outcome, base::TimePoint now, std::string_view said) {
  const messages::MessageNo no = attempts_.at(tag).no;
  metrics_.outcomes[static_cast<std::size_t>(outcome)]->Increment();
  forget(tag);
  using messages::Cause;
  switch (outcome) {
    case Outcome::reported:
    case Outcome::broker: return messages_->proven(no, now);
    case Outcome::failed: return messages_->failed(no, Cause::refused, now, said);
    case Outcome::unsupported: return messages_->failed(no, Cause::unsupported_content, now);
    case Outcome::no_proof:
    case Outcome::absent:
    case Outcome::came_back:
    case Outcome::denied: return messages_->failed(no, Cause::no_proof, now);
  }
}

/// It waits for the device again; a report may still come for it.
void Downlink::give_back(Tag tag, Outcome outcome) {
  Attempt& attempt = attempts_.at(tag);
  metrics_.outcomes[static_cast<std::size_t>(outcome)]->Increment();
  leave(attempt);
  messages_->came_back(attempt.no);
  returned_.push_back(tag);
  if (returned_.size() <= kMostReturned) return;
  const Tag oldest = returned_.front();
  returned_.pop_front();
  if (const auto found = attempts_.find(oldest); found != attempts_.end()) forget(oldest);
}

/// It is under way no more, if it was.
void Downlink::leave(Attempt& attempt) {
  if (!std::exchange(attempt.under_way, false)) return;
  --under_way_;
  under_way_octets_ -= attempt.octets;
}

void Downlink::forget(Tag tag) {
  const auto found = attempts_.find(tag);
  Attempt& attempt = found->second;
  leave(attempt);
  const auto slots = slots_.find(attempt.device);
  slots->second[static_cast<std::size_t>(attempt.priority)] = 0;
  if (slots->second == Slots{}) slots_.erase(slots);
  attempts_.erase(found);
}

void Downlink::remember(Tag tag, Attempt attempt, base::TimePoint now) {
  Tag& slot = slots_[attempt.device][static_cast<std::size_t>(attempt.priority)];
  if (slot != 0) attempts_.erase(slot);  // returned: it is brought again, or has ended meanwhile
  slot = tag;
  ++under_way_;
  under_way_octets_ += attempt.octets;
  attempts_.emplace(tag, std::move(attempt));
  const Options& options = connection_.options();
  deadlines_.add(now + options.proof_within, tag, options.max_unproven,
                 [&](Tag other) { return is_under_way(other); });
}

void Downlink::end_turn(base::TimePoint now) {
  if (messages_ == nullptr) return;
  follow_connection();
  forget_signs(now);
  give_up(now);
  look(now);
  bring(now);
  metrics_.under_way.Set(static_cast<double>(under_way_));
  metrics_.under_way_octets.Set(static_cast<double>(under_way_octets_));
}

/// Without the broker nobody is reachable over it; with it, those that say they are online.
void Downlink::follow_connection() {
  const bool ready = connection_.is_ready();
  if (was_ready_ && (!ready || session_ != connection_.sessions())) {
    presence_.lost();
    for (const core::DeviceNo device : std::exchange(called_, {}))
      messages_->unreachable(device, kMqtt);
    walk_.reset();
  }
  if (ready && session_ != connection_.sessions()) {
    walk_ = core::DeviceNo{};
    if (!connection_.is_continued()) doubt();
  }
  was_ready_ = ready;
  if (ready) session_ = connection_.sessions();
  for (std::size_t left = kRowsATurn; walk_ && left > 0; --left) {
    walk_ = presence_.next_online(*walk_);
    if (!walk_) return;
    call(*walk_);
    walk_ = core::DeviceNo{static_cast<std::uint32_t>(*walk_) + 1};
  }
  if (walk_) boost::asio::post(io_, [] {});
}

/// The broker has lost its session, and reports with it: the devices say again what they have got.
void Downlink::doubt() {
  std::vector<Tag> doubtful;
  for (const auto& [tag, attempt] : attempts_) {
    if (attempt.under_way && attempt.reports) doubtful.push_back(tag);
  }
  for (const Tag tag : doubtful) give_back(tag, Outcome::came_back);
}

void Downlink::forget_signs(base::TimePoint now) {
  if (now - turned_ < kHeardFor) return;
  turned_ = now;
  heard_.turn();
}

void Downlink::look(base::TimePoint now) {
  for (std::size_t left = kMostATurn; left > 0 && !looks_.empty(); --left) {
    const auto first = looks_.begin();
    if (first->first > now) return;
    const core::DeviceNo device = first->second;
    looks_.erase(first);
    looked_for_.at(device).at.reset();
    if (is_here(device) && waiting(device) > 0) {
      call(device);
    } else {
      looked_for_.erase(device);
      uncall(device);
    }
  }
}

void Downlink::give_up(base::TimePoint now) {
  while (const auto tag = deadlines_.take_due(now)) {
    if (is_under_way(*tag)) end(*tag, Outcome::no_proof, now);
  }
}

void Downlink::bring(base::TimePoint now) {
  std::size_t left = kMostATurn;
  for (; left > 0 && connection_.is_ready() && connection_.outstanding() < kAhead &&
         under_way_ < connection_.options().max_unproven &&
         under_way_octets_ < connection_.options().max_unproven_octets;
       --left) {
    const auto next = messages_->next(kMqtt);
    if (!next) return;
    bring_one(*next, now);
  }
  if (left == 0) boost::asio::post(io_, [] {});
}

void Downlink::bring_one(const messages::Delivery& delivery, base::TimePoint now) {
  const core::DeviceNo device = delivery.device;
  const auto name = name_of(device);
  if (!name || !is_here(device)) {
    messages_->came_back(delivery.no);
    return uncall(device);
  }
  const Tag tag = ++last_ << 3 | kTag;
  const auto* const message = std::get_if<messages::Message>(&delivery.carried);
  remember(tag,
           {.no = delivery.no,
            .device = device,
            .priority = messages_->queue().headers.at(delivery.no).priority,
            .is_message = message != nullptr,
            .reports = message != nullptr && registrations_.tables().device(device).manner.reports,
            .octets = messages_->queue().headers.at(delivery.no).octets,
            .message_id = message != nullptr ? message->message_id : std::string()},
           now);
  if (!write(delivery, *name, now)) return end(tag, Outcome::unsupported, now);
  message_.tag = tag;
  // An answer may come before publish() returns.
  if (connection_.publish(message_)) return;
  give_back(tag, Outcome::came_back);
  look_later(device);
}

/// What is to be published. False: a structured body cannot carry the content.
bool Downlink::write(const messages::Delivery& delivery, const std::string& name,
                     base::TimePoint now) {
  const auto most = std::min(kMostExpiry, connection_.options().proof_within);
  const auto rest = std::clamp(std::chrono::floor<std::chrono::seconds>(delivery.expires - now),
                               kLeastExpiry, most);
  message_.perishable = true;
  message_.properties.clear();
  protocol::append_message_expiry(message_.properties, static_cast<std::uint32_t>(rest.count()));
  const auto* const message = std::get_if<messages::Message>(&delivery.carried);
  connection_.topics().write(message == nullptr ? GatewayTopic::reports : GatewayTopic::down, name,
                             message_.topic);
  if (message != nullptr && registrations_.tables().device(delivery.device).manner.plain) {
    message_.payload = message->content;
    protocol::append_user_property(message_.properties, "msgId", message->message_id);
    protocol::append_user_property(message_.properties, "oriAddr", message->from.address);
    if (!message->application.empty())
      protocol::append_user_property(message_.properties, "appId", message->application);
    return true;
  }
  auto body = payload::encode_carried(kJson, delivery.carried);
  if (!body) return false;
  message_.payload = *std::move(body);
  protocol::append_content_type(message_.properties, "application/json");
  return true;
}

}  // namespace msggw::mqtt
